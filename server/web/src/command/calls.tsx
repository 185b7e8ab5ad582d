// SPDX-License-Identifier: Apache-2.0
// Calls that run: the red ones on top, whom they call, when they go on; raising, putting off, stopping.

import { useState } from 'preact/hooks'
import { useAct } from '../base/act'
import { jstShort, serverNow } from '../base/clock'
import { roleName } from '../base/labels'
import type { EscalationJson, ListEscalationsResponseJson } from '../gen/sokuo/v1/escalation_pb'
import type { IncidentJson } from '../gen/sokuo/v1/incident_pb'
import type { RoleJson } from '../gen/sokuo/v1/options_pb'
import { escalation } from '../order/services'
import { by } from '../order/state'
import { Button } from '../ui/button'
import { Chips, Select } from '../ui/field'
import { Empty } from '../ui/parts'
import { Countdown, Time } from '../ui/time'
import { ErrorNote, toast } from '../ui/toast'
import { ReasonDialog } from './parts'
import { t } from './texts'

const OVER = ['ESCALATION_PHASE_ANSWERED', 'ESCALATION_PHASE_STOPPED']
export const isOver = (call: EscalationJson) => OVER.includes(call.phase ?? '')

// Red first, then those that run by what comes next, then those that are over.
export function inOrder(calls: readonly EscalationJson[]): EscalationJson[] {
  const rank = (call: EscalationJson) => (isOver(call) ? 2 : call.isRed ? 0 : 1)
  const next = (call: EscalationJson) => (call.dueAt ? Date.parse(call.dueAt) : Number.MAX_SAFE_INTEGER)
  return [...calls].sort((a, b) => rank(a) - rank(b) || next(a) - next(b))
}

const SNOOZES = ['5', '15', '30'] as const

function Snooze({ call, onClose }: { call: EscalationJson; onClose: (done: boolean) => void }) {
  const [minutes, setMinutes] = useState<(typeof SNOOZES)[number]>('15')
  const until = () => new Date(serverNow().getTime() + Number(minutes) * 60_000).toISOString()
  return (
    <ReasonDialog
      title={t.snoozeTitle}
      submit={t.snoozeDo(Number(minutes))}
      draft={`call/${call.id}/snooze`}
      act={(reason, operationId) =>
        escalation.snoozeEscalation({ operationId, escalationId: call.id, until: until(), reason })
      }
      onClose={onClose}
    >
      <Chips
        label={t.snoozeTitle}
        single
        options={SNOOZES}
        name={(n) => t.minutes(Number(n))}
        value={[minutes]}
        onChange={([one]) => setMinutes(one ?? minutes)}
      />
    </ReasonDialog>
  )
}

type Asked = 'raise' | 'snooze' | 'stop'

function CallDialog(props: { asked: Asked; call: EscalationJson; onClose: (done: boolean) => void }) {
  const { asked, call, onClose } = props
  if (asked === 'snooze') return <Snooze call={call} onClose={onClose} />
  if (asked === 'raise')
    return (
      <ReasonDialog
        title={t.raiseTitle}
        submit={t.raiseDo}
        draft={`call/${call.id}/raise`}
        max={200}
        act={(reason, operationId) => escalation.escalate({ operationId, escalationId: call.id, reason })}
        onClose={onClose}
      />
    )
  return (
    <ReasonDialog
      title={t.stopTitle}
      hint={t.stopHint}
      submit={t.stopDo}
      hold
      draft={`call/${call.id}/stop`}
      act={(reason, operationId) => escalation.stopEscalation({ operationId, escalationId: call.id, reason })}
      onClose={onClose}
    />
  )
}

function Call({ call, onDone }: { call: EscalationJson; onDone: () => void }) {
  const [asked, ask] = useState<Asked | null>(null)
  const over = isOver(call)
  const take = useAct((operationId) =>
    escalation.answerEscalation({ operationId, escalationId: call.id, kind: 'ESCALATION_ANSWER_KIND_ACCEPT' }),
  )
  const close = (done: boolean) => {
    ask(null)
    if (!done) return
    toast(t.callDone)
    onDone()
  }
  return (
    <li class={`call-item ${call.isRed && !over ? 'is-red' : ''}`}>
      <p class="row spread">
        <strong>
          {call.isRed && !over && <span aria-hidden="true">⚠ </span>}
          {roleName(call.levelRole ?? call.role)}
          {call.scope?.name && ` · ${call.scope.name}`}
        </strong>
        <span class="state">{t.phase[call.phase ?? 'ESCALATION_PHASE_UNSPECIFIED']}</span>
      </p>
      <p>{call.reason}</p>
      {call.isRed && !over && (
        <p class="late">
          {t.red} {call.redSince && t.redSince(jstShort(call.redSince))}
        </p>
      )}
      {over ? (
        call.answeredBy && <p class="small">{t.answeredBy(by(call.answeredBy), jstShort(call.answeredAt ?? ''))}</p>
      ) : (
        <p class="small">
          {call.person?.name && `${t.calling(call.person.name)} · `}
          {call.dueAt && (
            <>
              {t.nextAt(jstShort(call.dueAt))} (<Countdown at={call.dueAt} />)
            </>
          )}
        </p>
      )}
      {!over && (
        <div class="row">
          {call.isMine && !call.orderId && (
            <Button look="solid" busy={take.busy} onClick={() => void take.run().then((ok) => ok && onDone())}>
              {t.takeOn}
            </Button>
          )}
          <Button onClick={() => ask('raise')}>{t.raise}</Button>
          <Button onClick={() => ask('snooze')}>{t.snooze}</Button>
          <Button onClick={() => ask('stop')}>{t.stop}</Button>
        </div>
      )}
      <ErrorNote error={take.error} />
      {(call.lines?.length ?? 0) > 0 && (
        <details>
          <summary class="small">{t.lines}</summary>
          <ul class="small">
            {call.lines?.map((line, i) => (
              <li key={i}>
                <Time at={line.at} /> {line.text}
              </li>
            ))}
          </ul>
        </details>
      )}
      {asked && <CallDialog asked={asked} call={call} onClose={close} />}
    </li>
  )
}

function NewCall({ incident, onClose }: { incident: IncidentJson; onClose: (done: boolean) => void }) {
  const [role, setRole] = useState<RoleJson>('ROLE_CISO')
  return (
    <ReasonDialog
      title={t.callDutyTitle}
      submit={t.callDutyDo}
      label={t.callDutyWhy}
      draft={`command/${incident.id}/call`}
      max={200}
      act={(reason, operationId) => escalation.escalate({ operationId, incidentId: incident.id, role, reason })}
      onClose={onClose}
    >
      <Select label={t.role} value={role} options={roleName.keys} name={roleName} onChange={setRole} />
    </ReasonDialog>
  )
}

export function Calls(props: { incident: IncidentJson; now: ListEscalationsResponseJson; onDone: () => void }) {
  const [asking, ask] = useState(false)
  const calls = inOrder(props.now.escalations ?? [])
  const running = calls.filter((one) => !isOver(one))
  const over = calls.filter(isOver)
  // An order calls everybody it is for: those stand in its tree, and here only when they are red.
  const loud = running.filter((one) => !one.orderId || one.isRed)
  const quiet = running.length - loud.length
  const close = (done: boolean) => {
    ask(false)
    if (!done) return
    toast(t.callDone)
    props.onDone()
  }
  return (
    <section class="stack" id="calls">
      <div class="row spread">
        <h2>{t.calls}</h2>
        <Button onClick={() => ask(true)}>{t.callDuty}</Button>
      </div>
      {(props.now.overdueCount ?? 0) > 0 && (
        <p class="note error" role="alert">
          ⚠ {t.overdue(props.now.overdueCount ?? 0)}
        </p>
      )}
      {props.now.clockSuspect && <p class="note warn">⚠ {t.clockSuspect}</p>}
      {quiet > 0 && <p class="small quiet">{t.ofOrders(quiet)}</p>}
      {loud.length === 0 ? (
        <Empty title={t.callsNone}>
          <p>{t.callsNoneHint}</p>
        </Empty>
      ) : (
        <ul class="call-list">
          {loud.map((call) => (
            <Call key={call.id} call={call} onDone={props.onDone} />
          ))}
        </ul>
      )}
      {over.length > 0 && (
        <details class="more">
          <summary>
            {t.ended} ({over.length})
          </summary>
          <ul class="call-list">
            {over.map((call) => (
              <Call key={call.id} call={call} onDone={props.onDone} />
            ))}
          </ul>
        </details>
      )}
      {asking && <NewCall incident={props.incident} onClose={close} />}
    </section>
  )
}
