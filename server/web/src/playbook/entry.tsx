// SPDX-License-Identifier: Apache-2.0
// Quick entry of what was done on paper: one line a step, all by keyboard. What is sent waits on the device until the
// server has it.
import { useRef, useState } from 'preact/hooks'
import { useTitle } from '../base/bar'
import { jstShort, serverNow } from '../base/clock'
import { useDraft } from '../base/drafts'
import { stepStateName } from '../base/labels'
import { outbox } from '../base/outbox'
import type { RunStepJson } from '../gen/sokuo/v1/playbook_pb'
import { Button } from '../ui/button'
import { TextField } from '../ui/field'
import { Loading } from '../ui/parts'
import { ErrorNote, toastError } from '../ui/toast'
import { enqueue } from './enqueue'
import { EMPTY_ROW, type EntryRow, type Fault, readRow, stepOf } from './entry_rows'
import { useRunBar } from './frame'
import { useRun } from './run_store'
import { isClosedState } from './step_act'
import { t } from './texts'
import { say } from './words'

const FAULT: Record<Exclude<Fault, 'unknown'>, () => string> = {
  place: () => t.entryPlaceNeeded,
  time: () => t.entryTimeBad,
  future: () => t.entryFuture,
  reason: () => t.entryReason,
  notice: () => t.entryNotice,
  decision: () => t.entryDecision,
  result: () => t.entryResultHint,
}

function faultText(fault: Fault | null, row: EntryRow): string | undefined {
  if (!fault || (fault === 'unknown' && !row.no.trim())) return undefined
  return fault === 'unknown' ? t.entryUnknown(row.no) : FAULT[fault]()
}

interface SetProps {
  row: EntryRow
  one: RunStepJson | undefined
  set: (part: Partial<EntryRow>) => void
}

function PlaceField({ row, one, set }: SetProps) {
  if ((one?.progress?.total ?? 0) <= 1) return null
  return (
    <label class="field narrow-field">
      <span class="head">{t.entryPlace}</span>
      <select class="input" value={row.place} onChange={(event) => set({ place: event.currentTarget.value })}>
        <option value="">—</option>
        {(one?.places ?? []).map((place) => (
          <option key={place.id} value={place.id}>
            {place.place?.name || t.unknownPlace} {isClosedState(place.state) ? '✓' : ''}
          </option>
        ))}
      </select>
    </label>
  )
}

function ResultField({ row, one, set }: SetProps) {
  const options = one?.step?.decision?.options
  if (!options) {
    return (
      <TextField
        label={t.entryResult}
        value={row.result}
        inputMode="numeric"
        placeholder="1"
        onInput={(result) => set({ result })}
      />
    )
  }
  return (
    <label class="field">
      <span class="head">{t.entryResult}</span>
      <select class="input" value={row.result} onChange={(event) => set({ result: event.currentTarget.value })}>
        <option value="">—</option>
        {options.map((option) => (
          <option key={option.id} value={option.id}>
            {say(option.text)}
          </option>
        ))}
      </select>
    </label>
  )
}

// Enter goes to the next field; in the last one it sends.
function onEnter(event: KeyboardEvent, form: HTMLFormElement | null): void {
  if (event.key !== 'Enter' || event.isComposing || (event.target as HTMLElement).tagName === 'BUTTON') return
  const fields = [...(form?.querySelectorAll<HTMLElement>('input, select') ?? [])]
  const next = fields[fields.indexOf(event.target as HTMLElement) + 1]
  if (!next || event.ctrlKey || event.metaKey) return
  event.preventDefault()
  next.focus()
  // What stands there from the line before is typed over.
  if (next instanceof HTMLInputElement) next.select()
}

function Step({ one, row }: { one: RunStepJson; row: EntryRow }) {
  const single = (one.progress?.total ?? 0) <= 1
  const place = one.places?.find((other) => (single ? true : other.id === row.place))
  return (
    <p>
      <strong class="num">{one.step?.no}</strong> {say(one.step?.text)}{' '}
      {place && isClosedState(place.state) && (
        <span class="small quiet">{t.entryAlready(stepStateName(place.state))}</span>
      )}
    </p>
  )
}

interface Line {
  id: string
  text: string
}

// What became of a line: on the way, with the server, or refused with what to do in the list of what waits.
function Sent({ line }: { line: Line }) {
  const item = outbox.value.find((one) => one.operationId === line.id)
  const refused = item?.state === 'refused'
  const waits = item?.state === 'waiting'
  return (
    <li>
      {refused ? '✕' : waits ? '…' : '✓'} {line.text} {waits && <span class="small quiet">{t.entryWaits}</span>}
      {refused && (
        <a class="late-mark" href="/outbox">
          {t.entryRefused}
        </a>
      )}
    </li>
  )
}

export function Entry({ id }: { id: string }) {
  const draft = useDraft(`paper-entry/${id}`, EMPTY_ROW)
  const row = draft.value.value
  const [tried, setTried] = useState(false)
  const [sent, setSent] = useState<Line[]>([])
  const form = useRef<HTMLFormElement>(null)
  const run = useRun(id, '')
  const picked = stepOf(run.value.value?.steps ?? [], row.no)
  // Every place of the step that is typed.
  const held = useRun(id, picked?.step?.no ?? '')
  const answer = held.value.value ?? run.value.value
  useRunBar(answer?.run)
  useTitle(answer ? `${t.entry} ${answer.run?.incidentNumber}` : t.entry)
  if (!answer) {
    const error = run.error.value
    return <div class="page">{error ? <ErrorNote error={error} onRetry={() => void run.load()} /> : <Loading />}</div>
  }
  const steps = answer.steps ?? []
  const one = stepOf(steps, row.no)
  const read = readRow(steps, row, serverNow())
  const fault = typeof read === 'string' ? read : null
  const set = (part: Partial<EntryRow>) => draft.set(part)
  const send = async () => {
    setTried(true)
    if (typeof read === 'string') return
    let id: string
    try {
      id = await enqueue(read)
    } catch (e) {
      toastError(e)
      return
    }
    const time = jstShort(String(read.request.occurredAt))
    setSent([{ id, text: [read.about, row.name, time, row.note].filter(Boolean).join(' · ') }, ...sent])
    setTried(false)
    // The same person usually wrote the next line, too.
    draft.set({ ...EMPTY_ROW, name: row.name, keep: row.keep })
    form.current?.querySelector('input')?.focus()
    void held.load()
  }
  return (
    <div class="page entry-page stack">
      <p>
        <a href={`/runs/${id}`}>
          ← {answer.run?.code} {say(answer.run?.title) || t.byHand}
        </a>
      </p>
      <h1>{t.entry}</h1>
      <p class="quiet">{t.entryHint}</p>
      <p class="small quiet">{t.entryResultHint}</p>
      <form
        ref={form}
        class="entry-line"
        onSubmit={(event) => {
          event.preventDefault()
          void send()
        }}
        onKeyDown={(event) => onEnter(event, form.current)}
      >
        <TextField label={t.entryNo} value={row.no} onInput={(no) => set({ no, place: '', result: '' })} />
        <PlaceField row={row} one={one} set={set} />
        <ResultField row={row} one={one} set={set} />
        <TextField label={t.entryTime} value={row.time} placeholder="0238" onInput={(time) => set({ time })} />
        <TextField label={t.entryName} maxLength={100} value={row.name} onInput={(name) => set({ name })} />
        {one?.step?.notice && (
          <>
            <TextField label={t.noticeTo} maxLength={200} value={row.to} onInput={(to) => set({ to })} />
            <TextField
              label={t.receiptNo}
              maxLength={100}
              value={row.receipt}
              onInput={(receipt) => set({ receipt })}
            />
          </>
        )}
        {one?.step?.evidence && (
          <TextField label={t.entryKeep} maxLength={200} value={row.keep} onInput={(keep) => set({ keep })} />
        )}
        <TextField
          label={one?.step?.decision ? t.basis : t.note}
          maxLength={1000}
          value={row.note}
          onInput={(note) => set({ note })}
        />
        <Button look="solid" type="submit">
          {t.entrySend}
        </Button>
      </form>
      {one && <Step one={one} row={row} />}
      {tried && fault && (
        <p class="note warn" role="alert">
          {faultText(fault, row) ?? t.entryUnknown('')}
        </p>
      )}
      {sent.length > 0 && (
        <section>
          <h2>
            {t.entryDone} <span class="num">{sent.length}</span>
          </h2>
          <ul class="list">
            {sent.map((line) => (
              <Sent key={line.id} line={line} />
            ))}
          </ul>
        </section>
      )}
    </div>
  )
}
