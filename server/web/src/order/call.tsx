// SPDX-License-Identifier: Apache-2.0
// A call for me: take it on, know of it, or cannot. Not an order: it only goes with a connection.
import { useEffect, useRef, useState } from 'preact/hooks'
import { useBarIncident, useTitle } from '../base/bar'
import { jstShort, tick } from '../base/clock'
import { roleName } from '../base/labels'
import { navigate } from '../base/router'
import { CallError } from '../base/rpc'
import { uuid } from '../base/uuid'
import type { EscalationAnswerKindJson, EscalationJson } from '../gen/sokuo/v1/escalation_pb'
import { Button } from '../ui/button'
import { Empty, Loading } from '../ui/parts'
import { Countdown, Time } from '../ui/time'
import { ErrorNote, toast } from '../ui/toast'
import { nowShort } from './act'
import { Refuse } from './refuse'
import { escalation } from './services'
import { callTook, listError, listedAt, myCalls, openCalls } from './store'
import { t } from './texts'

const SAID: Partial<Record<EscalationAnswerKindJson, () => string>> = {
  ESCALATION_ANSWER_KIND_ACCEPT: () => t.callTaken,
  ESCALATION_ANSWER_KIND_ACKNOWLEDGE: () => t.callKnown,
  ESCALATION_ANSWER_KIND_REFUSE: () => t.callRefused,
}

// One operation id a kind of answer, through every try: pressing twice answers once.
function useAnswer(call: EscalationJson) {
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>()
  const ids = useRef<Partial<Record<EscalationAnswerKindJson, string>>>({})
  const send = async (kind: EscalationAnswerKindJson, note = ''): Promise<boolean> => {
    setBusy(true)
    setError(undefined)
    const operationId = ids.current[kind] ?? uuid()
    ids.current[kind] = operationId
    try {
      const done = await escalation.answerEscalation({ operationId, escalationId: call.id, kind, note })
      callTook(done.escalation)
      toast(SAID[kind]?.() ?? '')
      if (kind === 'ESCALATION_ANSWER_KIND_ACCEPT') navigate(`/incident/${call.incidentNumber || call.incidentId}`)
      return true
    } catch (e) {
      setError(e instanceof CallError && e.offline ? t.callOffline : e)
      return false
    } finally {
      setBusy(false)
    }
  }
  return { busy, error, send }
}

function History({ call }: { call: EscalationJson }) {
  if (!call.lines?.length) return null
  return (
    <section>
      <h2 class="small quiet">{t.history}</h2>
      <ul class="call-lines small">
        {call.lines.map((line, i) => (
          <li key={i}>
            <Time at={line.at} /> {line.text}
          </li>
        ))}
      </ul>
    </section>
  )
}

function Screen({ call }: { call: EscalationJson }) {
  tick.value
  const [asked, ask] = useState(false)
  const { busy, error, send } = useAnswer(call)
  const open = openCalls.value.some((one) => one.id === call.id)
  return (
    <div class="page narrow stack order">
      <nav class="pager">
        <a class="button plain" href="/orders">
          {t.list}
        </a>
      </nav>
      <header>
        <p class="row spread small">
          <strong>⚠ {t.call}</strong>
          {open && call.dueAt && <Countdown at={call.dueAt} />}
        </p>
        <h1 class="order-text">{call.reason}</h1>
        <p class="small">{t.callAs(roleName(call.levelRole ?? call.role))}</p>
        {open && call.dueAt && <p class="small quiet">{t.callNext(jstShort(call.dueAt))}</p>}
      </header>
      <a class="button" href={`/incident/${call.incidentNumber || call.incidentId}`}>
        {t.openIncident} {call.incidentNumber}
      </a>
      {!open && (
        <p class="note">
          <strong>{t.callOver}</strong> {t.callOverHint}
        </p>
      )}
      <History call={call} />
      <ErrorNote error={error} />
      {open && (
        <div class="thumb stack tight">
          <Button look="primary" busy={busy} onClick={() => void send('ESCALATION_ANSWER_KIND_ACCEPT')}>
            {t.callTake(nowShort())}
          </Button>
          <div class="second">
            <Button busy={busy} onClick={() => void send('ESCALATION_ANSWER_KIND_ACKNOWLEDGE')}>
              {t.acknowledge}
            </Button>
            <Button onClick={() => ask(true)}>{t.cannot}</Button>
          </div>
        </div>
      )}
      {asked && (
        <Refuse
          draft={`call/${call.id}`}
          send={(note) => send('ESCALATION_ANSWER_KIND_REFUSE', note)}
          onClose={() => ask(false)}
        />
      )}
    </div>
  )
}

export function CallScreen({ id }: { id: string }) {
  const [found, setFound] = useState<EscalationJson | null>(null)
  const call = myCalls.value.find((one) => one.id === id) ?? found
  useTitle(t.call)
  useBarIncident(null)
  useEffect(() => {
    escalation.listEscalations({ escalationId: id, ended: true }).then(
      (answer) => setFound(answer.escalations?.[0] ?? null),
      () => undefined,
    )
  }, [id])
  if (call) return <Screen call={{ ...found, ...call, lines: found?.lines ?? call.lines }} />
  return (
    <div class="page narrow">
      {listedAt.value || listError.value ? (
        <Empty title={t.callOver}>
          <p>{t.callOverHint}</p>
          <a class="button" href="/orders">
            {t.list}
          </a>
        </Empty>
      ) : (
        <Loading />
      )}
    </div>
  )
}
