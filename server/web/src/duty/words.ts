// SPDX-License-Identifier: Apache-2.0
import { fold } from '../base/fold'
import { names, roleName } from '../base/labels'
import type { ContactKindJson } from '../gen/sokuo/v1/directory_pb'
import type { AbsenceKindJson, DutyJson, ReachJson } from '../gen/sokuo/v1/duty_pb'
import { t } from './texts'

export const reachName = names<ReachJson>({
  REACH_UNSPECIFIED: ['不明', 'unknown'],
  REACH_REACHABLE: ['応答できる', 'can be reached'],
  REACH_VACANT: ['空席', 'vacant'],
  REACH_ABSENT: ['不在', 'away'],
  REACH_NO_CONTACT: ['連絡先なし', 'no contact point'],
  REACH_REPEATED: ['上と同じ人', 'same person as above'],
})

export const absenceKindName = names<AbsenceKindJson>({
  ABSENCE_KIND_UNSPECIFIED: ['不在登録', 'registered'],
  ABSENCE_KIND_REGISTERED: ['不在登録', 'registered'],
  ABSENCE_KIND_NO_ANSWER: ['無応答', 'no answer'],
  ABSENCE_KIND_INJURED: ['負傷・安否不明', 'injured or missing'],
  ABSENCE_KIND_DECLARED: ['上位者の宣言', 'declared'],
})

export const contactName = names<ContactKindJson>({
  CONTACT_KIND_UNSPECIFIED: ['不明', 'unknown'],
  CONTACT_KIND_MOBILE: ['携帯電話', 'mobile'],
  CONTACT_KIND_PHONE: ['電話', 'telephone'],
  CONTACT_KIND_MAIL: ['メール', 'mail'],
  CONTACT_KIND_SMS: ['SMS', 'SMS'],
  CONTACT_KIND_CHAT: ['庁内チャット', 'chat'],
  CONTACT_KIND_WEB_PUSH: ['プッシュ通知', 'push'],
})

export function dutyName(duty: Pick<DutyJson, 'role' | 'scope'>): string {
  return `${roleName(duty.role)} · ${duty.scope?.name ?? t.wholeCity}`
}

// The emptiest first.
export function byNeed(a: DutyJson, b: DutyJson): number {
  return (a.reachableCount ?? 0) - (b.reachableCount ?? 0) || dutyName(a).localeCompare(dutyName(b), 'ja')
}

export function fits(duty: DutyJson, query: string): boolean {
  const people = (duty.places ?? []).map((place) => `${place.post?.name ?? ''}${place.person?.name ?? ''}`).join(' ')
  const text = fold(`${dutyName(duty)} ${people}`)
  return fold(query)
    .split(/\s+/)
    .every((word) => text.includes(word))
}

// Moves one in a list by a place; stays at the ends.
export function moved<T>(list: readonly T[], from: number, by: 1 | -1): T[] {
  const to = from + by
  const out = [...list]
  if (to < 0 || to >= out.length) return out
  const [one] = out.splice(from, 1)
  out.splice(to, 0, one!)
  return out
}
