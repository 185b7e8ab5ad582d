// SPDX-License-Identifier: Apache-2.0
// What shut devices held, one card each: whose, when, what it wants, about which step and how that stands now; taken in as
// written down for its owner, or turned down with a reason.
import { useEffect, useState } from 'preact/hooks'
import { sync } from '../base/services'
import type { HeldOperationJson, SettleHeldResponseJson } from '../gen/sokuo/v1/sync_pb'
import { useSend } from '../playbook/send'
import { say } from '../playbook/words'
import { t as stepTexts } from '../step/texts'
import { ModeMark } from '../ui/badge'
import { Button } from '../ui/button'
import { FormDialog } from '../ui/dialog'
import { Chips, TextField } from '../ui/field'
import { Empty, Loading } from '../ui/parts'
import { StepState } from '../ui/step_state'
import { Time } from '../ui/time'
import { ErrorNote, toast } from '../ui/toast'
import { heldFailed, loadHeld, settledOnes, waiting } from './held_store'
import { h } from './held_texts'

const CLOCK_MS = 120_000

type Request = Record<string, string | undefined>

// The act it carries, by its name in the message.
function actOf(one: HeldOperationJson): [string, Request] {
  const { seq: _seq, ageMs: _age, ...acts } = one.operation ?? {}
  return (Object.entries(acts)[0] ?? ['', {}]) as [string, Request]
}

export function nameOf(one: HeldOperationJson): string {
  const [kind, request] = actOf(one)
  if (kind === 'handOver') return h.handOver
  const act = kind === 'updateStep' ? stepTexts.act[request.act as keyof typeof stepTexts.act] : ''
  return [stepTexts.kind[kind as keyof typeof stepTexts.kind] ?? kind, act].filter(Boolean).join(' · ')
}

// What the person wrote or chose, line by line.
export function saidBy(one: HeldOperationJson): string[] {
  const [, request] = actOf(one)
  const { title, description, text, note, reason, basis, name, ground, paperLocation } = request
  return [say(one.option), title, description, text, basis, reason, note, name, ground, paperLocation].filter(
    (line): line is string => Boolean(line),
  )
}

function Target({ one }: { one: HeldOperationJson }) {
  return (
    <>
      <p class="row small">
        <ModeMark mode={one.mode} />
        {one.incidentNumber ? (
          <a href={`/incident/${one.incidentNumber}`}>
            <span class="num">{one.incidentNumber}</span> {one.incidentTitle}
          </a>
        ) : (
          <span>{h.newIncident}</span>
        )}
      </p>
      {one.runId && (
        <p>
          <a href={`/runs/${one.runId}`}>
            <span class="num strong">
              {one.code} {one.stepNo}
            </span>{' '}
            {say(one.stepText)}
          </a>{' '}
          {one.place?.name}
        </p>
      )}
      {one.runId && (
        <p class="row small">
          {h.stepNow}: <StepState value={one.stepState} /> {one.stepPerson}{' '}
          {one.stepDoneAt && <Time at={one.stepDoneAt} />}
        </p>
      )}
      {one.orderText && (
        <p class="small">
          {h.order}: {one.orderText}
        </p>
      )}
    </>
  )
}

function Times({ one }: { one: HeldOperationJson }) {
  const off = Number(one.clockOffMs ?? 0)
  return (
    <p class="row small">
      <span>
        {h.happened} <Time at={one.occurredAt} />
      </span>
      <span>
        {h.recorded} <Time at={one.recordedAt} />
      </span>
      {Math.abs(off) > CLOCK_MS && <span class="late-mark">▲ {h.clockOff(Math.round(off / 60_000))}</span>}
    </p>
  )
}

function told(answer: SettleHeldResponseJson): string {
  if (answer.incidentNumber) return h.filed(answer.incidentNumber)
  if (answer.stepOutcome === 'STEP_OUTCOME_CONFIRMED') return h.confirmed
  if (answer.stepOutcome === 'STEP_OUTCOME_ALTHOUGH_DROPPED') return h.althoughDropped
  if (answer.stepOutcome === 'STEP_OUTCOME_DIFFERED') return h.differed
  return h.took
}

interface SettleProps {
  one: HeldOperationJson
  takes: boolean
  onClose: () => void
}

function SettleDialog({ one, takes, onClose }: SettleProps) {
  const [reason, setReason] = useState('')
  const [paper, setPaper] = useState('')
  const send = useSend()
  // Somebody may have been faster: the list shows what is left.
  useEffect(() => {
    if (send.error) void loadHeld()
  }, [send.error])
  const name = one.person?.name ?? ''
  const lacks = takes && one.lacksEvidence
  const settle = () =>
    send.run(async (operationId) => {
      const answer = await sync.settleHeld({
        operationId,
        heldId: one.id,
        outcome: takes ? 'HELD_OUTCOME_TAKEN_IN' : 'HELD_OUTCOME_TURNED_DOWN',
        reason: reason.trim() || undefined,
        paperLocation: (lacks && paper.trim()) || undefined,
      })
      toast(takes ? told(answer) : h.turned)
      await loadHeld()
      onClose()
    })
  return (
    <FormDialog
      title={takes ? h.takeTitle(name) : h.turnTitle(name)}
      submit={takes ? h.takeDo : h.turnDo}
      busy={send.busy}
      error={send.error}
      disabled={takes ? Boolean(lacks) && !paper.trim() : !reason.trim()}
      danger={!takes}
      onClose={onClose}
      onSubmit={() => void settle()}
    >
      <p>
        <strong>{nameOf(one)}</strong> {saidBy(one).join(' / ')}
      </p>
      <p>{takes ? h.takeHint(name) : h.turnHint}</p>
      {lacks && <TextField label={h.paper} hint={h.lacks} required maxLength={200} value={paper} onInput={setPaper} />}
      <TextField
        label={h.reason}
        hint={h.reasonHint}
        required={!takes}
        rows={2}
        maxLength={500}
        value={reason}
        onInput={setReason}
      />
    </FormDialog>
  )
}

function Card({ one, onSettle }: { one: HeldOperationJson; onSettle?: (takes: boolean) => void }) {
  return (
    <li class="card stack-small" data-held={one.id}>
      <h2>
        {nameOf(one)} <span class="quiet">{one.person?.name}</span>
      </h2>
      <Target one={one} />
      {saidBy(one).map((line, i) => (
        <p key={i} class="held-said">
          {line}
        </p>
      ))}
      <Times one={one} />
      {onSettle ? (
        <>
          <p class="small quiet">{h.why(one.reason ?? '')}</p>
          {!one.mayTakeIn && <p class="note">{h.ownersAlone}</p>}
          <div class="row">
            {one.mayTakeIn && (
              <Button look="solid" onClick={() => onSettle(true)}>
                {h.take}
              </Button>
            )}
            <Button onClick={() => onSettle(false)}>{h.turn}</Button>
          </div>
        </>
      ) : (
        <p class="row small">
          <strong>{h.outcome[one.outcome ?? 'HELD_OUTCOME_UNSPECIFIED']}</strong>
          <span>
            {one.settledBy?.personName} <Time at={one.settledAt} />
          </span>
          <span>{one.settleReason}</span>
        </p>
      )}
    </li>
  )
}

function Settled() {
  const [list, setList] = useState<HeldOperationJson[] | null>(null)
  const [error, setError] = useState<unknown>()
  const load = () => {
    setError(undefined)
    settledOnes().then(setList, setError)
  }
  useEffect(load, [])
  if (!list) return error ? <ErrorNote error={error} onRetry={load} /> : <Loading />
  if (list.length === 0) return <Empty title={h.nothingSettled} />
  return (
    <ul class="stack">
      {list.map((one) => (
        <Card key={one.id} one={one} />
      ))}
    </ul>
  )
}

function Waiting() {
  const [open, setOpen] = useState<{ one: HeldOperationJson; takes: boolean } | null>(null)
  const answer = waiting.value
  const list = answer?.held ?? []
  return (
    <>
      <ErrorNote error={heldFailed.value} onRetry={() => void loadHeld()} />
      {!answer && !heldFailed.value && <Loading />}
      {answer && list.length === 0 && (
        <Empty title={h.none}>
          <p>{h.noneHint}</p>
        </Empty>
      )}
      {list.length > 0 && <p>{h.hint}</p>}
      <ul class="stack">
        {list.map((one) => (
          <Card key={one.id} one={one} onSettle={(takes) => setOpen({ one, takes })} />
        ))}
      </ul>
      {answer?.more && <p class="quiet">{h.more}</p>}
      {open && <SettleDialog {...open} onClose={() => setOpen(null)} />}
    </>
  )
}

export default function Held() {
  const [view, setView] = useState<'open' | 'settled'>('open')
  return (
    <div class="narrow stack held">
      <Chips
        label={h.title}
        single
        dense
        options={['open', 'settled'] as const}
        name={(one) => h[one]}
        value={[view] as ('open' | 'settled')[]}
        onChange={([one]) => setView(one ?? view)}
      />
      {view === 'open' ? <Waiting /> : <Settled />}
    </div>
  )
}
