// SPDX-License-Identifier: Apache-2.0
// Who commands, since when, in what capacity; taking command and handing it over; two who commanded at once.

import { useState } from 'preact/hooks'
import { useAct } from '../base/act'
import { jstShort, serverNow, tick } from '../base/clock'
import { useDraft } from '../base/drafts'
import { roleName } from '../base/labels'
import { offline, outboxAdd } from '../base/outbox'
import { me } from '../base/session'
import { t as common } from '../base/texts'
import type { CommandConflictJson, GetCommandResponseJson, UndecidedJson } from '../gen/sokuo/v1/command_pb'
import type { IncidentJson } from '../gen/sokuo/v1/incident_pb'
import { command } from '../order/services'
import { by } from '../order/state'
import { Button, HoldButton } from '../ui/button'
import { Dialog } from '../ui/dialog'
import { TextField } from '../ui/field'
import { PersonPick } from '../ui/picks'
import { Countdown, Time } from '../ui/time'
import { ErrorNote, toast } from '../ui/toast'
import { ReasonDialog } from './parts'
import { t } from './texts'

export function Conflicts({ list }: { list: CommandConflictJson[] }) {
  if (list.length === 0) return null
  return (
    <section class="note error" role="alert">
      <h2>⚠ {t.conflict}</h2>
      {list.map((one, i) => (
        <p key={i}>
          {t.conflictBy(by(one.by), one.claimedAt ? jstShort(one.claimedAt) : common.unknown)}{' '}
          {one.ground && <span class="quiet">({one.ground})</span>}
        </p>
      ))}
      <p class="small">{t.conflictDo}</p>
    </section>
  )
}

export function UndecidedList({ list }: { list: UndecidedJson[] }) {
  if (list.length === 0) return <p class="quiet small">{t.undecidedNone}</p>
  return (
    <ul class="list">
      {list.map((one, i) => (
        <li key={i} class="row spread undecided">
          <span>
            <span class="state">{t.undecidedKind[one.kind as keyof typeof t.undecidedKind] ?? one.kind}</span>{' '}
            {one.step?.name}
          </span>
          {one.dueAt && <Countdown at={one.dueAt} />}
        </li>
      ))}
    </ul>
  )
}

// Without a network, too: a claim that meets another one is kept and shown, not dropped.
function TakeDialog(props: { incident: IncidentJson; now: GetCommandResponseJson; onClose: (done: boolean) => void }) {
  const { incident, now } = props
  const holder = now.command?.by
  const take = async (ground: string) => {
    await outboxAdd('takeCommand', { incidentId: incident.id, ground }, { about: `${t.take} ${incident.number}` })
    toast(offline.peek() ? t.takeKept : t.taken)
  }
  return (
    <ReasonDialog
      title={t.takeTitle}
      hint={t.takeHint}
      label={t.takeGround}
      hintOfField={t.takeGroundHint}
      submit={t.takeHold}
      draft={`command/${incident.id}/take`}
      hold
      optional={!holder?.personId}
      act={take}
      onClose={props.onClose}
    >
      {holder?.personName && <p class="note warn">{t.takeFrom(by(holder))}</p>}
    </ReasonDialog>
  )
}

function HandDialog(props: { incident: IncidentJson; now: GetCommandResponseJson; onClose: (done: boolean) => void }) {
  const { incident, now } = props
  const [person, setPerson] = useState<{ id?: string; name?: string } | null>(null)
  const draft = useDraft(`command/${incident.id}/hand`, { note: '' })
  const { note } = draft.value.value
  const { busy, error, run } = useAct((operationId) =>
    command.handOver({ operationId, incidentId: incident.id, personId: person?.id, note: note.trim() }),
  )
  const send = async () => {
    if (!(await run())) return
    await draft.clear()
    toast(t.handed)
    props.onClose(true)
  }
  return (
    <Dialog title={t.handTitle} wide onClose={() => props.onClose(false)}>
      <PersonPick label={t.handTo} hint={t.handToHint} value={person} onChange={setPerson} />
      <TextField
        label={t.handNote}
        hint={t.handNoteHint}
        value={note}
        rows={3}
        maxLength={2000}
        onInput={(value) => draft.set({ note: value })}
      />
      <h3>{t.undecided}</h3>
      <UndecidedList list={now.undecided ?? []} />
      <ErrorNote error={error} />
      <div class="acts">
        <Button onClick={() => props.onClose(false)}>{common.cancel}</Button>
        {person ? (
          <HoldButton look="solid" busy={busy} onHeld={() => void send()}>
            {t.handHold(person.name ?? '')}
          </HoldButton>
        ) : (
          <Button look="solid" disabled>
            {t.handChoose}
          </Button>
        )}
      </div>
    </Dialog>
  )
}

function Lease({ now }: { now: GetCommandResponseJson }) {
  tick.value
  if (!now.leaseUntil) return null
  const over = Date.parse(now.leaseUntil) < serverNow().getTime()
  return over ? (
    <p class="note warn small">{t.leaseOver}</p>
  ) : (
    <p class="small quiet">{t.lease(jstShort(now.leaseUntil))}</p>
  )
}

function History({ now }: { now: GetCommandResponseJson }) {
  const before = (now.history ?? []).slice(1)
  if (before.length === 0) return null
  return (
    <details class="more">
      <summary>{t.history}</summary>
      <ul class="small">
        {before.map((one) => (
          <li key={one.epoch}>
            <Time at={one.since} />–{one.until && <Time at={one.until} />} {by(one.by)}{' '}
            <span class="quiet">{t.end[one.end ?? 'COMMAND_END_UNSPECIFIED']}</span>
          </li>
        ))}
      </ul>
    </details>
  )
}

export function Holder(props: { incident: IncidentJson; now: GetCommandResponseJson; onDone: () => void }) {
  const { incident, now } = props
  const [asked, ask] = useState<'take' | 'hand' | null>(null)
  const holder = now.command
  const mine = holder?.by?.personId !== undefined && holder.by.personId === me.value?.person?.id
  const close = (done: boolean) => {
    ask(null)
    if (done) props.onDone()
  }
  return (
    <section class="card stack holder">
      <h2>{t.commands}</h2>
      {holder?.by?.personName ? (
        <>
          <p class="who">{by(holder.by)}</p>
          <p class="small">
            {roleName(holder.role)} · {holder.since && t.since(jstShort(holder.since))}
            {holder.ground && ` · ${t.ground}: ${holder.ground}`}
          </p>
          <Lease now={now} />
        </>
      ) : (
        <>
          <p class="unknown">{t.nobody}</p>
          <p class="small">{t.nobodyHint}</p>
        </>
      )}
      {(now.mayTake || mine) && (
        <div class="row">
          {now.mayTake && !mine && (
            <Button look={holder?.by?.personName ? 'normal' : 'solid'} onClick={() => ask('take')}>
              {t.take}
            </Button>
          )}
          {mine && <Button onClick={() => ask('hand')}>{t.hand}</Button>}
          {now.mayTakeBy && !mine && (
            <span class="small quiet">{t.by[now.mayTakeBy as keyof typeof t.by] ?? now.mayTakeBy}</span>
          )}
        </div>
      )}
      <History now={now} />
      {asked === 'take' && <TakeDialog incident={incident} now={now} onClose={close} />}
      {asked === 'hand' && <HandDialog incident={incident} now={now} onClose={close} />}
    </section>
  )
}
