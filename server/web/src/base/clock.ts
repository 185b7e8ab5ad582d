// SPDX-License-Identifier: Apache-2.0
// Time as the city reads it: JST, 24 hours, with seconds. The server's clock counts, not the device's.
import { signal } from '@preact/signals'

const KEPT = 'sokuo.clock'
let offsetMs = 0
let keptMs = 0
try {
  // What the last visit learnt holds until the server is heard again.
  offsetMs = keptMs = Number(localStorage.getItem(KEPT)) || 0
} catch {
  // Storage may be shut off: then the device's clock counts.
}

// Tells what the server's clock said in an answer that arrived then. The estimate lags by the way of the answer, so it is never in the future.
export function heardServerTime(text: string | undefined, arrivedAt = Date.now()): void {
  if (!text) return
  offsetMs = Date.parse(text) - arrivedAt
  if (Math.abs(offsetMs - keptMs) < 1000) return
  keptMs = offsetMs
  try {
    localStorage.setItem(KEPT, String(offsetMs))
  } catch {
    // As above.
  }
}

// The server's time as well as this device knows it.
export function serverNow(): Date {
  return new Date(Date.now() + offsetMs)
}

// Ticks each second; read .value in a component to be drawn anew.
export const tick = signal(Date.now())
setInterval(() => {
  if (!document.hidden) tick.value = Date.now()
}, 1000)

const parts = new Intl.DateTimeFormat('en-CA', {
  timeZone: 'Asia/Tokyo',
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
})

function split(at: Date | string): { day: string; time: string } {
  const p: Record<string, string> = {}
  for (const { type, value } of parts.formatToParts(typeof at === 'string' ? new Date(at) : at)) p[type] = value
  return { day: `${p.year}-${p.month}-${p.day}`, time: `${p.hour}:${p.minute}:${p.second}` }
}

// 02:10:33
export function jstTime(at: Date | string): string {
  return split(at).time
}

// 2026-07-05 02:10:33
export function jstFull(at: Date | string): string {
  const { day, time } = split(at)
  return `${day} ${time}`
}

// 02:10 today, 07-05 02:10 this year, 2025-07-05 02:10 before.
export function jstShort(at: Date | string, now: Date = serverNow()): string {
  const { day, time } = split(at)
  const today = split(now).day
  const minute = time.slice(0, 5)
  if (day === today) return minute
  return day.slice(0, 4) === today.slice(0, 4) ? `${day.slice(5)} ${minute}` : `${day} ${minute}`
}

// For <input type="datetime-local">, in JST wherever the device stands.
export function toInput(at: Date | string): string {
  const { day, time } = split(at)
  return `${day}T${time.slice(0, 5)}`
}

// From <input type="datetime-local">; undefined when empty or not a time.
export function fromInput(text: string): string | undefined {
  const at = new Date(`${text.length === 16 ? `${text}:00` : text}+09:00`)
  return Number.isNaN(at.getTime()) ? undefined : at.toISOString()
}

// 「あと3分」 as minutes and seconds; negative when it is past.
export function secondsUntil(at: string): number {
  return Math.round((Date.parse(at) - serverNow().getTime()) / 1000)
}

// 1:02:03 or 2:03
export function duration(seconds: number): string {
  const s = Math.abs(seconds)
  const two = (n: number) => String(n).padStart(2, '0')
  const h = Math.floor(s / 3600)
  const m = Math.floor((s % 3600) / 60)
  return h > 0 ? `${h}:${two(m)}:${two(s % 60)}` : `${m}:${two(s % 60)}`
}
