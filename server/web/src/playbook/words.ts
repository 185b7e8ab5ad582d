// SPDX-License-Identifier: Apache-2.0
// Texts of plans, which come in both languages, and how many of what.
import { lang } from '../base/settings'
import type { FanOutJson, PlaybookStepJson, ProgressJson, WordsJson } from '../gen/sokuo/v1/playbook_pb'

// In the person's language; in the other one where that is missing.
export function say(words: WordsJson | undefined): string {
  const [first, second] = lang.value === 'en' ? [words?.en, words?.ja] : [words?.ja, words?.en]
  return first || second || ''
}

const UNIT: Partial<Record<FanOutJson, readonly [string, string]>> = {
  FAN_OUT_SECTION: ['課', ' sections'],
  FAN_OUT_EVERY_SECTION: ['課', ' sections'],
  FAN_OUT_SYSTEM: ['システム', ' systems'],
  FAN_OUT_DEPARTMENT: ['部', ' departments'],
}

// What a step of many places is counted in: 課, システム, 部, else 件.
export function unitOf(step: PlaybookStepJson | undefined): string {
  const byRole = { ROLE_ISM: 'FAN_OUT_SECTION', ROLE_SYSMGR: 'FAN_OUT_SYSTEM', ROLE_ISO: 'FAN_OUT_DEPARTMENT' } as const
  const role = step?.role as keyof typeof byRole
  const fanOut = step?.fanOut && step.fanOut !== 'FAN_OUT_UNSPECIFIED' ? step.fanOut : byRole[role]
  const unit = UNIT[fanOut ?? 'FAN_OUT_ONCE'] ?? ['件', '']
  return unit[lang.value === 'en' ? 1 : 0]
}

export type Part = 'done' | 'dropped' | 'inProgress' | 'blocked' | 'ready' | 'pending'
export const PARTS: readonly Part[] = ['done', 'dropped', 'inProgress', 'blocked', 'ready', 'pending']

// The parts of the whole that are there, in the order they are drawn.
export function partsOf(progress: ProgressJson): { part: Part; count: number }[] {
  return PARTS.map((part) => ({ part, count: progress[part] ?? 0 })).filter((one) => one.count > 0)
}

// Not yet finished, whatever the reason.
export function openCount(progress: ProgressJson | undefined): number {
  return (progress?.total ?? 0) - (progress?.done ?? 0) - (progress?.dropped ?? 0)
}

// +35 min, +6 h, +3 d; -30 min is before it happens.
export function targetText(minutes: number | undefined, origin: string | undefined): string {
  const m = minutes ?? 0
  const from = origin === 'TARGET_ORIGIN_CLOSE' ? 'K' : origin === 'TARGET_ORIGIN_START' ? 'S' : 'T'
  const size = Math.abs(m)
  const days = size % 1440 === 0 && size > 0
  const hours = size % 60 === 0 && size > 120
  const value = days ? size / 1440 : hours ? size / 60 : size
  const unit = (lang.value === 'en' ? [' d', ' h', ' min'] : ['日', '時間', '分'])[days ? 0 : hours ? 1 : 2]
  return `${from}${m < 0 ? '−' : '+'}${value}${unit}`
}

// A time as the YAML writes it (15m, 6h, -30m) in words; what cannot be read stays as it is typed.
export function spanText(text: string): string {
  const parts = /^(-?)(\d+)([mhd])$/.exec(text)
  if (!parts) return text
  const [, minus, count, unit] = parts
  const words = lang.value === 'en' ? { m: ' min', h: ' h', d: ' d' } : { m: '分', h: '時間', d: '日' }
  return `${minus && '−'}${count}${words[unit as 'm' | 'h' | 'd']}`
}

// ?!#* as on paper: decision, outside, evidence, approval afterwards.
export function flagsOf(step: PlaybookStepJson): string {
  return [step.decision && '?', step.notice && '!', step.evidence && '#', (step.ratifyMin ?? 0) > 0 && '*']
    .filter(Boolean)
    .join('')
}
