// SPDX-License-Identifier: Apache-2.0
// The table of who may do what in words. Pure.
import { names, roleName } from '../base/labels'
import type { AuthorityActJson, AuthorityJson, AuthorityLevelJson } from '../gen/sokuo/v1/duty_pb'
import type { RoleJson } from '../gen/sokuo/v1/options_pb'

export const actName = names<AuthorityActJson>({
  AUTHORITY_ACT_UNSPECIFIED: ['不明', 'unknown'],
  AUTHORITY_ACT_OWN_DEVICE: ['自分の端末の抜線・電源を切らない隔離', 'Unplug or isolate one’s own device'],
  AUTHORITY_ACT_STOP_SYSTEM: ['1つのシステムの停止', 'Stop one system'],
  AUTHORITY_ACT_CUT_SEGMENT: ['端末・サーバのセグメント遮断', 'Cut off a segment of devices or servers'],
  AUTHORITY_ACT_CUT_INTERNET: ['インターネット遮断', 'Cut off the internet'],
  AUTHORITY_ACT_CUT_LGWAN: ['LGWAN切断', 'Disconnect LGWAN'],
  AUTHORITY_ACT_STOP_MY_NUMBER: [
    'マイナンバー利用事務系・住基ネット・中間サーバーの停止',
    'Stop the My Number zone, the resident network, the relay server',
  ],
  AUTHORITY_ACT_ACTIVATE_PLAN: ['緊急時対応計画の発動・解除', 'Activate or lift the emergency plan'],
  AUTHORITY_ACT_ACTIVATE_BCP: ['業務継続計画(BCP)の発動', 'Activate the business continuity plan'],
  AUTHORITY_ACT_SET_UP_HEADQUARTERS: ['災害対策本部の設置', 'Set up the disaster headquarters'],
  AUTHORITY_ACT_PUBLISH: ['対外公表・報道対応', 'Publish, speak to the press'],
  AUTHORITY_ACT_REPORT_PRIVACY: ['個人情報保護委員会への速報・確報', 'Report to the privacy commission'],
  AUTHORITY_ACT_CALL_POLICE: ['警察への通報', 'Call the police'],
  AUTHORITY_ACT_LOWER_OR_CLOSE: ['重大度の引下げ・終結', 'Lower the severity, close'],
  AUTHORITY_ACT_PAY_RANSOM: ['身代金の支払いの判断', 'Decide about a ransom'],
})

export const levelName = names<AuthorityLevelJson>({
  AUTHORITY_LEVEL_UNSPECIFIED: ['不可', 'no'],
  AUTHORITY_LEVEL_NONE: ['不可', 'no'],
  AUTHORITY_LEVEL_DRAFT: ['起案', 'drafts'],
  AUTHORITY_LEVEL_APPROVAL: ['要承認', 'approval'],
  AUTHORITY_LEVEL_ALONE: ['単独可', 'alone'],
})

export type Cell = Pick<AuthorityJson, 'act' | 'role'>
export const sameCell = (a: Cell, b: Cell) => a.act === b.act && a.role === b.role

// What stands in the table for an act and a duty; a duty that is not there may not.
export function cellOf(list: readonly AuthorityJson[], cell: Cell): AuthorityJson {
  return (
    list.find((one) => sameCell(one, cell)) ?? {
      ...cell,
      level: 'AUTHORITY_LEVEL_NONE',
      levelS3: 'AUTHORITY_LEVEL_NONE',
    }
  )
}

// The duties the table names, in their usual order.
export function rolesOf(list: readonly AuthorityJson[]): RoleJson[] {
  return roleName.keys.filter((role) => list.some((one) => one.role === role))
}

// The changes of a cell whose day is still to come, the soonest first. today as 2026-04-01.
export function comingOf(changes: readonly AuthorityJson[], cell: Cell, today: string): AuthorityJson[] {
  return changes.filter((one) => sameCell(one, cell) && (one.validFrom ?? '') > today).reverse()
}

// Of the caller's duties the one that the table names first.
export function ownRole(list: readonly AuthorityJson[], mine: readonly RoleJson[]): RoleJson | undefined {
  return rolesOf(list).find((role) => mine.includes(role))
}
