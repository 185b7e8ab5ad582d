// SPDX-License-Identifier: Apache-2.0
// Whom an order is for, in words; and what its text still lacks. Pure.
import type { Choice } from '../base/city'
import { roleName } from '../base/labels'
import type { OrderTargetJson } from '../gen/sokuo/v1/order_pb'
import { t } from './texts'

export const MOST_LINES = 3
export const MOST_CHARS = 80

export interface TextFaults {
  lines: number
  longest: number
  // A place of the template is not filled in.
  open: boolean
  ok: boolean
}

export function checkText(text: string): TextFaults {
  const lines = text.trim() === '' ? [] : text.trimEnd().split('\n')
  const longest = Math.max(0, ...lines.map((line) => [...line].length))
  const open = /\{[^}]*\}/.test(text)
  return {
    lines: lines.length,
    longest,
    open,
    ok: lines.length > 0 && lines.length <= MOST_LINES && longest <= MOST_CHARS && !open,
  }
}

export const sameTarget = (a: OrderTargetJson, b: OrderTargetJson) =>
  a.kind === b.kind &&
  (a.role ?? '') === (b.role ?? '') &&
  (a.unitId ?? '') === (b.unitId ?? '') &&
  (a.personIds ?? []).join() === (b.personIds ?? []).join()

export function targetName(
  target: OrderTargetJson,
  units: readonly Choice[],
  people: Readonly<Record<string, string>> = {},
): string {
  const unit = target.unitId ? (units.find((one) => one.id === target.unitId)?.name ?? target.unitId) : ''
  switch (target.kind) {
    case 'ORDER_TARGET_KIND_DUTY':
      if (!unit && target.role === 'ROLE_ISM') return t.kind.ism
      if (!unit && target.role === 'ROLE_ISO') return t.kind.iso
      return t.dutyAt(roleName(target.role), unit || t.everywhere)
    case 'ORDER_TARGET_KIND_UNIT':
      return t.wholeUnit(unit || t.everywhere)
    case 'ORDER_TARGET_KIND_PERSONS': {
      const names = (target.personIds ?? []).map((id) => people[id]).filter(Boolean)
      return names.length > 0 && names.length <= 2 ? names.join('、') : t.persons(target.personIds?.length ?? 0)
    }
    case 'ORDER_TARGET_KIND_TEAM':
      return t.kind.team
    default:
      return t.kind.all
  }
}
