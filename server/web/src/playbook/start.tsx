// SPDX-License-Identifier: Apache-2.0
// Plans that fit an incident, with the reason in words, and starting several of them at once.
import { useEffect, useState } from 'preact/hooks'
import { fromInput, toInput } from '../base/clock'
import { useDraft } from '../base/drafts'
import { t as common } from '../base/texts'
import type { IncidentJson } from '../gen/sokuo/v1/incident_pb'
import type { RevisionJson } from '../gen/sokuo/v1/playbook_pb'
import { Button, HoldButton } from '../ui/button'
import { Dialog } from '../ui/dialog'
import { TextField } from '../ui/field'
import { Empty, Loading } from '../ui/parts'
import { ErrorNote, toast } from '../ui/toast'
import { mayStart } from './may'
import { useSend } from './send'
import { playbooks } from './services'
import { fitName, t } from './texts'
import { say } from './words'
import './playbook.css'

const MOST = 10

export const isFitting = (one: RevisionJson) => (one.fits ?? []).some((why) => why !== 'RUNNING')
export const isRunning = (one: RevisionJson) => (one.fits ?? []).includes('RUNNING')

// The effective plans, one a code, those that fit first.
export function startable(revisions: readonly RevisionJson[]): RevisionJson[] {
  const codes = new Set<string>()
  const list = revisions.filter((one) => {
    if (one.state !== 'REVISION_STATE_EFFECTIVE' || !one.code || codes.has(one.code)) return false
    codes.add(one.code)
    return true
  })
  return list.sort((a, b) => Number(isFitting(b)) - Number(isFitting(a)))
}

function useFits(incidentId: string | undefined, more = '') {
  const [list, setList] = useState<RevisionJson[] | null>(null)
  const [error, setError] = useState<unknown>()
  const load = () => {
    setError(undefined)
    playbooks.listPlaybooks({ incidentId }).then((answer) => setList(startable(answer.revisions ?? [])), setError)
  }
  useEffect(load, [incidentId, more])
  return { list, error, load }
}

function Why({ one }: { one: RevisionJson }) {
  const why = (one.fits ?? []).filter((word) => word !== 'RUNNING')
  return (
    <span class="small quiet why">
      {why.map((word) => fitName(word)).join('・')}
      {isRunning(one) && (
        <>
          {why.length > 0 && ' · '}
          {t.runsAlready}
        </>
      )}
    </span>
  )
}

function Choice(props: { one: RevisionJson; on: boolean; onToggle: () => void }) {
  const { one } = props
  return (
    <label class="check plan-choice">
      <input type="checkbox" checked={props.on} onChange={props.onToggle} />
      <span>
        <span class="num strong">{one.code}</span> {say(one.title)}{' '}
        <span class="small quiet num">{t.stepsOf(one.stepCount ?? 0)}</span>
        {(one.fits?.length ?? 0) > 0 && <Why one={one} />}
        <Whose one={one} />
      </span>
    </label>
  )
}

// Whose edition the server starts here, and where it would start another one.
function Whose({ one }: { one: RevisionJson }) {
  const others = (one.editions ?? []).filter((organ) => organ.id !== one.organ?.id).map((organ) => organ.name ?? '')
  return (
    <span class="small whose">
      {one.organ ? (
        <strong>{t.editionOwn(one.organ.name ?? '')}</strong>
      ) : (
        <span class={others.length ? '' : 'quiet'}>{t.editionCity}</span>
      )}
      {others.length > 0 && <span class="quiet">{t.editionElse(others.join('・'))}</span>}
    </span>
  )
}

interface StartProps {
  incident: IncidentJson
  onClose: () => void
  onStarted?: () => void
}

// Chooses plans, T0 and ground; takes effect after it was held for a second.
export function StartDialog({ incident, onClose, onStarted }: StartProps) {
  const { list, error, load } = useFits(incident.id)
  const draft = useDraft(`start/${incident.id}`, { reason: '', t0: '' })
  const form = draft.value.value
  const [chosen, setChosen] = useState<string[] | null>(null)
  const send = useSend()
  // What fits and does not run yet is marked from the start: the usual case is one press.
  const codes = chosen ?? (list ?? []).filter((one) => isFitting(one) && !isRunning(one)).map((one) => one.code ?? '')
  const toggle = (code: string) =>
    setChosen(codes.includes(code) ? codes.filter((other) => other !== code) : [...codes, code].slice(0, MOST))
  const usual = incident.facts?.discoveredAt ?? incident.occurredAt ?? incident.filedAt
  const start = () =>
    send.run(async (operationId) => {
      const answer = await playbooks.startPlaybook({
        operationId,
        incidentId: incident.id,
        codes,
        t0: fromInput(form.t0),
        reason: form.reason.trim() || undefined,
      })
      await draft.clear()
      toast(t.started(codes.length, answer.stepCount ?? 0))
      onStarted?.()
      onClose()
    })
  const group = (title: string, plans: RevisionJson[], open: boolean) =>
    plans.length > 0 && (
      <details class="plan-group" open={open}>
        <summary>
          {title} <span class="quiet num">{plans.length}</span>
        </summary>
        {plans.map((one) => (
          <Choice
            key={one.code}
            one={one}
            on={codes.includes(one.code ?? '')}
            onToggle={() => toggle(one.code ?? '')}
          />
        ))}
      </details>
    )
  return (
    <Dialog title={t.start} onClose={onClose}>
      <ErrorNote error={error} onRetry={load} />
      {!list && !error && <Loading />}
      {list && list.filter(isFitting).length === 0 && <p class="quiet">{t.noFits}</p>}
      {list && (
        <fieldset aria-label={t.startPick} class="stack-small">
          {group(t.fits, list.filter(isFitting), true)}
          {group(
            t.others,
            list.filter((one) => !isFitting(one)),
            !list.some(isFitting),
          )}
        </fieldset>
      )}
      <TextField
        label={t.ground}
        hint={t.groundHint}
        rows={2}
        maxLength={500}
        value={form.reason}
        onInput={(reason) => draft.set({ reason })}
      />
      <TextField
        label={t.t0}
        hint={t.t0Hint}
        type="datetime-local"
        value={form.t0 || (usual ? toInput(usual) : '')}
        onInput={(t0) => draft.set({ t0 })}
      />
      <ErrorNote error={send.error} />
      <div class="acts">
        <Button onClick={onClose}>{common.cancel}</Button>
        <HoldButton look="danger" busy={send.busy || codes.length === 0} onHeld={() => void start()}>
          {t.startHold(codes.length)}
        </HoldButton>
      </div>
    </Dialog>
  )
}

// For the triage pane: what fits, in words, and the way to start it.
export default function Fits({ incident, type }: { incident: IncidentJson; type?: string }) {
  const { list, error, load } = useFits(incident.id, `${incident.version} ${type}`)
  const [open, setOpen] = useState(false)
  const fitting = (list ?? []).filter(isFitting)
  return (
    <section class="fits">
      <h3>{t.fits}</h3>
      <ErrorNote error={error} onRetry={load} />
      {list && fitting.length === 0 && <p class="quiet small">{t.noFits}</p>}
      <ul>
        {fitting.slice(0, 4).map((one) => (
          <li key={one.id}>
            <span class="num strong">{one.code}</span> {say(one.title)} <Why one={one} /> <Whose one={one} />
          </li>
        ))}
      </ul>
      {list && list.length === 0 && <Empty title={t.noFits} />}
      <div class="row">
        {mayStart.value && list && list.length > 0 && <Button onClick={() => setOpen(true)}>{t.start}…</Button>}
        {list?.some(isRunning) && (
          <a class="button" href={`/runs?incident=${incident.id}`}>
            {t.toBoard}
          </a>
        )}
      </div>
      {open && <StartDialog incident={incident} onClose={() => setOpen(false)} onStarted={load} />}
    </section>
  )
}
