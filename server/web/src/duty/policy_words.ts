// SPDX-License-Identifier: Apache-2.0
// Policies in words, and the moment of the preview. Pure.
import { fromInput, toInput } from '../base/clock'
import { names, roleName } from '../base/labels'
import type {
  EscalationDirectionJson,
  EscalationHoursJson,
  EscalationLevelJson,
  EscalationPolicyJson,
} from '../gen/sokuo/v1/escalation_pb'
import { t } from './policy_texts'

export const directionName = names<EscalationDirectionJson>({
  ESCALATION_DIRECTION_UNSPECIFIED: ['不明', 'unknown'],
  ESCALATION_DIRECTION_UPWARD: ['上へ: 引き受ける人を探す', 'Upward: somebody who takes it on'],
  ESCALATION_DIRECTION_DOWNWARD: ['下へ: 指示の答えを求める', 'Downward: an answer to an order'],
})

export const hoursName = names<EscalationHoursJson>({
  ESCALATION_HOURS_UNSPECIFIED: ['いつでも', 'always'],
  ESCALATION_HOURS_ALWAYS: ['いつでも', 'always'],
  ESCALATION_HOURS_OFFICE: ['開庁時間だけ', 'office hours only'],
})

export const FOR_EVER = 255

// 90 → 「1.5分」; 0 → 「すぐ」
export function span(seconds: number | undefined): string {
  const s = seconds ?? 0
  if (s === 0) return t.atOnce
  if (s < 60) return t.seconds(s)
  if (s % 3600 === 0 && s >= 3600) return t.hours(s / 3600)
  return t.minutes(Math.round(s / 6) / 10)
}

export function minutesOf(seconds: number | undefined): string {
  return String(Math.round((seconds ?? 0) / 6) / 10)
}

// What was typed as minutes, in whole seconds; nothing sensible is 0.
export function secondsOf(minutes: string): number {
  const n = Number(minutes.normalize('NFKC'))
  return Number.isFinite(n) && n > 0 ? Math.min(Math.round(n * 60), 7 * 86_400) : 0
}

export function levelName(level: EscalationLevelJson): string {
  return level.isHeadquarters ? t.headquarters : roleName(level.role)
}

export function keyOf(policy: EscalationPolicyJson): string {
  return `${policy.direction}/${policy.severity}`
}

// The next Sunday at 2:10 in Japan: when the city hall sleeps deepest.
export function sundayNight(now: Date): string {
  for (let days = 0; days < 8; days++) {
    const day = new Date(now.getTime() + days * 86_400_000)
    const text = `${toInput(day).slice(0, 10)}T02:10`
    const at = fromInput(text)!
    const weekday = new Intl.DateTimeFormat('en-US', { timeZone: 'Asia/Tokyo', weekday: 'short' }).format(new Date(at))
    if (weekday === 'Sun' && Date.parse(at) > now.getTime()) return text
  }
  return toInput(now)
}
