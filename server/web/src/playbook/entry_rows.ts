// SPDX-License-Identifier: Apache-2.0
// What was written on paper, as fast as it can be typed: numbers, times and results in any of the ways people write them.
import { toInput } from '../base/clock'
import type { PlaybookStepJson, RunStepJson, StepBriefJson } from '../gen/sokuo/v1/playbook_pb'
import type { StepActJson } from '../gen/sokuo/v1/step_pb'

export interface EntryRow {
  no: string
  place: string
  result: string
  time: string
  name: string
  note: string
  keep: string
  to: string
  receipt: string
}

export const EMPTY_ROW: EntryRow = {
  no: '',
  place: '',
  result: '',
  time: '',
  name: '',
  note: '',
  keep: '',
  to: '',
  receipt: '',
}

const plain = (text: string) => text.normalize('NFKC').trim()

// The step a typed number means: 5, 05, ０５, p1.
export function stepOf(steps: readonly RunStepJson[], typed: string): RunStepJson | undefined {
  const wanted = plain(typed).toUpperCase()
  if (wanted === '') return undefined
  const same = (no: string | undefined) => no?.toUpperCase() === wanted || no === wanted.padStart(2, '0')
  return steps.find((one) => same(one.step?.no))
}

const DAY = 86_400_000

function at(day: string, hour: number, minute: number): Date | null {
  if (hour > 23 || minute > 59) return null
  const two = (n: number) => String(n).padStart(2, '0')
  const date = new Date(`${day}T${two(hour)}:${two(minute)}:00+09:00`)
  return Number.isNaN(date.getTime()) ? null : date
}

// A time as people write it: 0238, 2:38, 2時38分, with 7/5 before it for another day. Without a day it is the last such
// time before now. null: it cannot be read. Always JST.
export function readTime(typed: string, now: Date): Date | null {
  const text = plain(typed).replace('時', ':').replace('分', '')
  const parts = /^(?:(?:(\d{4})[-/])?(\d{1,2})[-/](\d{1,2})\s+)?(\d{1,2}):?(\d{2})$/.exec(text)
  if (!parts) return null
  const [, year, month, day, hour, minute] = parts
  const today = toInput(now).slice(0, 10)
  if (!month) {
    const found = at(today, Number(hour), Number(minute))
    return found && found > now ? new Date(found.getTime() - DAY) : found
  }
  const two = (n: string | undefined) => String(n).padStart(2, '0')
  const of = (y: string) => at(`${y}-${two(month)}-${two(day)}`, Number(hour), Number(minute))
  const found = of(year ?? today.slice(0, 4))
  // 12/31 typed in January was last year.
  return found && found > now && !year ? of(String(Number(today.slice(0, 4)) - 1)) : found
}

const RESULT: Record<string, StepActJson> = {
  '': 'STEP_ACT_DONE',
  '1': 'STEP_ACT_DONE',
  '2': 'STEP_ACT_SKIP',
  '3': 'STEP_ACT_NOT_APPLICABLE',
  '4': 'STEP_ACT_BLOCK',
}

export type Fault = 'unknown' | 'place' | 'time' | 'future' | 'reason' | 'notice' | 'decision' | 'result'

export interface Ready {
  kind: 'updateStep' | 'decideStep'
  request: Record<string, unknown>
  about: string
}

function placeOf(one: RunStepJson, chosen: string): StepBriefJson | undefined {
  const places = one.places ?? []
  return places.length === 1 && (one.progress?.total ?? 0) <= 1
    ? places[0]
    : places.find((place) => place.id === chosen)
}

function decision(step: PlaybookStepJson, row: EntryRow): string | undefined {
  return (step.decision?.options ?? []).find(
    (option, i) => option.id === row.result || String(i + 1) === plain(row.result),
  )?.id
}

// The request a row stands for, or the first thing that is wrong with it.
export function readRow(steps: readonly RunStepJson[], row: EntryRow, now: Date): Ready | Fault {
  const one = stepOf(steps, row.no)
  const step = one?.step
  if (!one || !step) return 'unknown'
  const place = placeOf(one, row.place)
  if (!place) return 'place'
  const time = row.time.trim() === '' ? now : readTime(row.time, now)
  if (!time) return 'time'
  if (time > now) return 'future'
  const note = row.note.trim()
  const about = [step.no, step.text?.ja].join(' ')
  const same = { stepId: place.id, occurredAt: time.toISOString(), doneByName: row.name.trim() || undefined }
  if (step.decision) {
    const option = decision(step, row)
    if (!option) return 'decision'
    if (!note) return 'reason'
    return { kind: 'decideStep', request: { ...same, option, basis: note }, about }
  }
  const act = RESULT[plain(row.result)]
  if (!act) return 'result'
  const reasoned = act === 'STEP_ACT_SKIP' || act === 'STEP_ACT_BLOCK'
  if (reasoned && !note) return 'reason'
  const notified = step.notice && act === 'STEP_ACT_DONE'
  if (notified && !(row.to.trim() && row.receipt.trim())) return 'notice'
  return {
    kind: 'updateStep',
    request: {
      ...same,
      act,
      reason: reasoned ? note : undefined,
      note: reasoned ? undefined : note || undefined,
      notice: notified ? { to: row.to.trim(), receiptNo: row.receipt.trim(), text: note } : undefined,
      paperLocation: row.keep.trim() || undefined,
    },
    about,
  }
}
