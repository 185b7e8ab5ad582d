// SPDX-License-Identifier: Apache-2.0
// Rotas in words, and whose turn it would be by what is typed. Pure.
import { fromInput, jstFull, toInput } from '../base/clock'
import { lang } from '../base/settings'
import type { RefJson } from '../gen/sokuo/v1/common_pb'
import type { DutyJson, RotaJson, RotaShiftJson } from '../gen/sokuo/v1/duty_pb'

const DAY_MS = 86_400_000
const WEEKDAYS = { ja: '日月火水木金土', en: ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'] }

export function weekday(day: string): string {
  const at = new Date(`${day}T00:00:00Z`).getUTCDay()
  return Number.isNaN(at) ? '' : WEEKDAYS[lang.value === 'en' ? 'en' : 'ja'][at]!
}

// 11-23(月) 09:00: a shift is known by its weekday.
export function shiftTime(at: string): string {
  const [day, time] = jstFull(at).split(' ') as [string, string]
  return `${day.slice(5)}(${weekday(day)}) ${time.slice(0, 5)}`
}

// 09:00 → 540; nothing sensible is midnight.
export function minuteOf(time: string): number {
  const [hours, minutes] = time.split(':').map(Number)
  const all = (hours ?? 0) * 60 + (minutes ?? 0)
  return Number.isInteger(all) && all >= 0 && all < 1440 ? all : 0
}

export interface RotaForm {
  // The version that was read when it was begun.
  version: number
  name: string
  members: RefJson[]
  // As 2026-04-06 and 09:00, in Japan.
  startsOn: string
  handOver: string
  periodDays: number
}

export function formOf(rota: RotaJson | null, now: Date): RotaForm {
  const starts = rota?.startsAt ? toInput(rota.startsAt) : `${toInput(now).slice(0, 10)}T09:00`
  return {
    version: rota?.version ?? 0,
    name: rota?.name ?? '',
    members: rota?.members ?? [],
    startsOn: starts.slice(0, 10),
    handOver: starts.slice(11, 16),
    periodDays: rota?.periodDays ?? 7,
  }
}

export interface Turn {
  person: RefJson
  from: string
  until: string
}

// The turn that is on and those after it, as the server would count them; overrides apart.
export function turns(form: RotaForm, now: Date, count: number): Turn[] {
  const starts = Date.parse(fromInput(`${form.startsOn}T${form.handOver}`) ?? '')
  if (Number.isNaN(starts) || form.members.length === 0 || !(form.periodDays >= 1)) return []
  const length = form.periodDays * DAY_MS
  const first = Math.max(0, Math.floor((now.getTime() - starts) / length))
  return Array.from({ length: count }, (_, i) => ({
    person: form.members[(first + i) % form.members.length]!,
    from: new Date(starts + (first + i) * length).toISOString(),
    until: new Date(starts + (first + i + 1) * length).toISOString(),
  }))
}

// What lacks for it to be saved, by field; empty = nothing.
export type Lack = 'name' | 'members' | 'startsOn' | 'periodDays'
export function lacks(form: RotaForm): Lack[] {
  const out: Lack[] = []
  if (!form.name.trim()) out.push('name')
  if (form.members.length === 0) out.push('members')
  if (!fromInput(`${form.startsOn}T${form.handOver}`)) out.push('startsOn')
  if (!Number.isInteger(form.periodDays) || form.periodDays < 1 || form.periodDays > 31) out.push('periodDays')
  return out
}

// Who may be put on duty: everybody who holds it or stands in, each once, in the order of calling.
export function standing(duty: DutyJson | undefined): RefJson[] {
  const people = (duty?.places ?? []).flatMap((place) => (place.person?.id ? [place.person] : []))
  return people.filter((one, i) => people.findIndex((other) => other.id === one.id) === i)
}

export function isOn(shift: RotaShiftJson, now: Date): boolean {
  return Date.parse(shift.from ?? '') <= now.getTime() && now.getTime() < Date.parse(shift.until ?? '')
}

// The first shift after the one that is on that somebody else has.
export function nextShift(rota: RotaJson, now: Date): RotaShiftJson | undefined {
  return (rota.shifts ?? []).find(
    (shift) => Date.parse(shift.from ?? '') > now.getTime() && shift.person?.id !== rota.onNow?.id,
  )
}

// My shifts of all rotas from now on, the soonest first.
export function shiftsOf(rotas: readonly RotaJson[], personId: string): RotaShiftJson[] {
  return rotas
    .flatMap((rota) => rota.shifts ?? [])
    .filter((shift) => personId !== '' && shift.person?.id === personId)
    .sort((a, b) => Date.parse(a.from ?? '') - Date.parse(b.from ?? ''))
}
