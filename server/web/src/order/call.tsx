// SPDX-License-Identifier: Apache-2.0
// A call for me: take it on, know of it, or cannot. What was answered without a network waits to be sent, and says that others
// are called until then.
import { useEffect, useMemo, useState } from 'preact/hooks'
import { useBarIncident, useTitle } from '../base/bar'
import { jstShort, tick } from '../base/clock'
import { roleName } from '../base/labels'
import { outbox, outboxKnown } from '../base/outbox'
import { me } from '../base/session'
import type { EscalationAnswerKindJson, EscalationJson } from '../gen/sokuo/v1/escalation_pb'
import { ModeMark, Severity } from '../ui/badge'
import { Button } from '../ui/button'
import { Empty, Loading } from '../ui/parts'
import { Countdown, Time } from '../ui/time'
import { answerCall, nowShort } from './act'
import { aboutCall, callsView, isCalling, type MyCall } from './merge'
import { Refuse } from './refuse'
import { escalation } from './services'
import { listError, listedAt, myCalls } from './store'
import { t } from './texts'

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

// What became of it, and what I said.
function Became({ call }: { call: MyCall }) {
  const said = t.callAnswers[call.said ?? 'ESCALATION_ANSWER_KIND_UNSPECIFIED']
  if (call.waiting)
    return (
      <p class="note warn" role="status">
        <strong>
          {said} <Time at={call.saidAt} /> · {t.waiting}
        </strong>{' '}
        {t.callWaits}
      </p>
    )
  const by = call.answeredBy
  const isOver = call.phase === 'ESCALATION_PHASE_STOPPED' || (by && by.personId !== me.value?.person?.id)
  if (by && !isOver)
    return (
      <p class="note good" role="status">
        <strong>{t.callMine}</strong> <Time at={call.answeredAt} />
      </p>
    )
  return (
    <p class="note" role="status">
      {call.said === 'ESCALATION_ANSWER_KIND_REFUSE' && !isOver ? (
        t.callRefused
      ) : (
        <>
          <strong>{t.callOver}</strong> {t.callOverHint}
        </>
      )}
    </p>
  )
}

function Acts({ call }: { call: MyCall }) {
  tick.value
  const [asked, ask] = useState(false)
  const send = (kind: EscalationAnswerKindJson, note?: string) => answerCall(call, kind, note)
  return (
    <div class="thumb stack tight">
      <p class="small quiet">{t.callMeans}</p>
      <Button look="primary" onClick={() => void send('ESCALATION_ANSWER_KIND_ACCEPT')}>
        {t.callTake(nowShort())}
      </Button>
      <div class="second">
        <Button onClick={() => void send('ESCALATION_ANSWER_KIND_ACKNOWLEDGE')}>{t.acknowledge}</Button>
        <Button onClick={() => ask(true)}>{t.cannot}</Button>
      </div>
      {asked && (
        <Refuse
          draft={`call/${call.id}`}
          send={(note) => send('ESCALATION_ANSWER_KIND_REFUSE', note).then(() => true)}
          onClose={() => ask(false)}
        />
      )}
    </div>
  )
}

function Screen({ call, open }: { call: MyCall; open: boolean }) {
  const to = `/incident/${call.incidentNumber || call.incidentId}`
  const { incidentNumber: number, mode, severity } = call
  useBarIncident(useMemo(() => (number ? { number, mode, severity } : null), [number, mode, severity]))
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
        <h1 class="order-text">
          <ModeMark mode={call.mode} />
          {aboutCall(call) || t.callUntold}
        </h1>
        <p class="small">
          {call.severity && <Severity value={call.severity} />} {call.incidentNumber}{' '}
          {call.reason && call.incidentTitle}
        </p>
        <p class="small">{t.callAs(roleName(call.levelRole ?? call.role))}</p>
        {open && call.dueAt && <p class="small quiet">{t.callNext(jstShort(call.dueAt))}</p>}
      </header>
      {!open && <Became call={call} />}
      <a class={`button ${open ? '' : 'primary'}`} href={to}>
        {t.openIncident} {call.incidentNumber}
      </a>
      <History call={call} />
      {open && <Acts call={call} />}
    </div>
  )
}

// A call that came after the list was read is open all the same.
function calledNow(found: EscalationJson | null): MyCall | undefined {
  return found?.isMine && outboxKnown.value ? callsView([found], outbox.value)[0] : undefined
}

export function CallScreen({ id }: { id: string }) {
  const [found, setFound] = useState<EscalationJson | null>(null)
  const mine = myCalls.value.find((one) => one.id === id) ?? calledNow(found)
  const asOf = listedAt.value
  useTitle(t.call)
  useEffect(() => {
    escalation.listEscalations({ escalationId: id, ended: true }).then(
      (answer) => setFound(answer.escalations?.[0] ?? null),
      () => undefined,
    )
  }, [id, asOf])
  if (mine) return <Screen call={{ ...mine, lines: found?.lines ?? mine.lines }} open={isCalling(mine)} />
  if (found && (outboxKnown.value || !found.isMine)) return <Screen call={found} open={false} />
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
