// SPDX-License-Identifier: Apache-2.0
// Stable words of the server in the person's language: what is missing, which rule, which field, what changed.
import { sectionChoices, systemChoices } from '../base/city'
import { jstShort } from '../base/clock'
import {
  assetLevelName,
  capacityName,
  confidentialityLabelName,
  confidentialityName,
  findingName,
  linkName,
  modeName,
  severityName,
  spreadName,
  stateName,
  stepStateName,
  threatGroupName,
  typeName,
  zoneName,
} from '../base/labels'
import { lang } from '../base/settings'
import { t as common } from '../base/texts'
import type { ChangeJson, IncidentLinkJson } from '../gen/sokuo/v1/incident_pb'
import { t } from './texts'

type Words = Record<string, readonly [ja: string, en: string]>
const say = (words: Words) => (word: string) => words[word]?.[lang.value === 'en' ? 1 : 0] ?? word

export const missingName = say({
  HANDLER: ['担当者', 'a handler'],
  SEVERITY: ['重大度の確定', 'a judged severity'],
  COMMANDER: ['指揮者', 'a commander'],
  SEVEN_ITEMS: ['届出の7項目', 'the seven items'],
  REASON: ['根拠', 'a ground'],
  OBSERVATION: ['経過観察の満了', 'the end of the observation'],
  S3_MUST_ACTIVATE: ['S3以上のときの「発動」', 'activation, which S3 and above need'],
})

export const ruleName = say({
  MY_NUMBER: ['マイナンバーを含む', 'My Number is concerned'],
  SPECIAL_CARE: ['要配慮個人情報を含む', 'sensitive data is concerned'],
  MALICIOUS_INTENT: ['不正の目的のおそれ', 'possible malicious purpose'],
  TWO_ZONES: ['2つ以上のネットワークに及ぶ', 'two networks or more'],
  SPREADING: ['拡大中', 'it is spreading'],
  ELECTION: ['選挙期間', 'election period'],
  HEADQUARTERS: ['災害対策本部の設置中', 'emergency headquarters in place'],
  TRIAGE_OVERDUE: ['トリアージ期限の超過', 'triage is overdue'],
  ZONE_MYNUMBER: ['マイナンバー利用事務系に関係', 'the My Number zone is concerned'],
  TYPE: ['種別による下限', 'lowest severity of the kind'],
})

const fieldWord = say({
  title: ['題名', 'title'],
  description: ['状況', 'description'],
  incident_type: ['種別', 'kind'],
  secondary_types: ['副の種別', 'secondary kinds'],
  severity: ['重大度', 'severity'],
  severity_assessed: ['重大度の判定', 'severity judged'],
  severity_rules: ['重大度の規則', 'severity rules'],
  state: ['状態', 'state'],
  confidentiality: ['閲覧の範囲', 'readers'],
  handler: ['担当', 'handler'],
  commander: ['指揮', 'command'],
  occurred_at: ['起きた時刻', 'happened at'],
  monitoring_until: ['経過観察の期限', 'observation ends'],
  triage_due_at: ['トリアージ期限', 'triage due'],
  merged_into: ['統合先', 'merged into'],
  members: ['指名・除外', 'named or excluded'],
  links: ['関連', 'related'],
  'command.capacity': ['指揮の立場', 'commands'],
  'command.post_name': ['指揮の職', 'post of the command'],
  'facts.discovered_at': ['発見日時', 'discovered at'],
  'facts.place': ['場所', 'place'],
  'facts.finder': ['発見者', 'finder'],
  'facts.finder_contact': ['折り返しの電話', 'call back'],
  'facts.equipment': ['機器・媒体', 'device or medium'],
  'facts.personal_info': ['個人情報', 'personal information'],
  'facts.measures_taken': ['済ませた措置', 'measures taken'],
  'facts.zones': ['ネットワーク', 'networks'],
  'facts.system_ids': ['システム', 'systems'],
  'facts.section_ids': ['所属', 'sections'],
  'facts.citizen_impact': ['住民への影響', 'effect on citizens'],
  'facts.spread': ['拡大', 'spread'],
  'facts.confidentiality_label': ['機密性', 'confidentiality'],
  'facts.integrity_level': ['完全性', 'integrity'],
  'facts.availability_level': ['可用性', 'availability'],
})

// A field by its path, in the writing of the contract or of its JSON.
export function fieldName(path: string): string {
  return fieldWord(path.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`))
}

const changeWord: Words = {
  'incident.filed': ['届出', 'Reported'],
  'incident.state': ['状態', 'State'],
  'incident.severity': ['重大度', 'Severity'],
  'incident.assigned': ['担当・指揮', 'Handler, command'],
  'incident.triaged': ['トリアージ', 'Triage'],
  'incident.changed': ['変更', 'Change'],
  'incident.reopened': ['再開', 'Reopened'],
  'incident.facts': ['事実の更新', 'Facts'],
  'incident.confidentiality': ['閲覧の範囲', 'Readers'],
  'incident.member': ['指名・除外', 'Named or excluded'],
  'incident.linked': ['関連付け', 'Related'],
  'incident.unlinked': ['関連の解除', 'Untied'],
  'incident.merged': ['統合', 'Merged'],
  'incident.split': ['分離', 'Split'],
  'run.started': ['計画の発動', 'Plan started'],
  'step.started': ['手順 着手', 'Step begun'],
  'step.done': ['手順 完了', 'Step done'],
  'step.skipped': ['手順 省略', 'Step skipped'],
  'step.blocked': ['手順 できない', 'Step blocked'],
  'step.undone': ['手順 取消し', 'Step taken back'],
  'step.decided': ['手順 決定', 'Step decided'],
  'step.handed': ['手順 引継ぎ', 'Step handed over'],
  'step.ratified': ['手順 事後承認', 'Step approved'],
  'step.confirmed': ['手順 確認', 'Step confirmed'],
  'step.noted': ['手順 メモ', 'Step noted'],
  'step.added': ['手順 追加', 'Step added'],
  'step.ratify_overdue': ['事後承認 期限超過', 'Approval overdue'],
  'evidence.added': ['証拠', 'Evidence'],
  'evidence.transferred': ['証拠 引渡し', 'Evidence handed out'],
  'evidence.taken': ['証拠 取出し', 'Copy of evidence taken'],
  'evidence.completed': ['証拠 登録', 'Evidence complete'],
  'entry.extracted': ['抜粋(墨消し)', 'Extract (blacked out)'],
  'entry.added': ['記録', 'Entry'],
  'entry.corrected': ['記録の訂正', 'Corrected'],
  'incident.unseal_requested': ['閲覧の申出', 'Asked to read'],
  'command.taken': ['指揮を執る', 'Took command'],
  'command.handed_over': ['指揮の引継ぎ', 'Handed over'],
  'command.confirmed': ['指揮の確認', 'Command confirmed'],
  'command.capacity': ['指揮の立場', 'Capacity'],
  'command.conflict': ['指揮の重なり', 'Command in doubt'],
  'command.reviewed': ['後閲', 'Reviewed'],
  'order.issued': ['指示', 'Order'],
  'order.asked': ['指示 受け手', 'Order, addressee'],
  'order.read': ['指示 既読', 'Order read'],
  'order.answered': ['指示 回答', 'Order answered'],
  'order.withdrawn': ['指示 取消し', 'Order withdrawn'],
  'call.begun': ['呼出し', 'Call'],
  'call.made': ['呼出し', 'Call'],
  'call.deputy': ['呼出し 代行者へ', 'Call, to the deputy'],
  'call.raised': ['呼出し 上へ', 'Call raised'],
  'call.gap': ['呼出し 空席', 'Call, nobody there'],
  'call.red': ['呼出し 応答者なし', 'Call, nobody answers'],
  'call.red_over': ['呼出し 応答者あり', 'Call, answered at last'],
  'call.answered': ['呼出し 応答', 'Call answered'],
  'call.snoozed': ['呼出し 待機', 'Call waits'],
  'call.stopped': ['呼出し 取りやめ', 'Call stopped'],
}

// What happened, by the server's word for it; one that is not known here yet is a change all the same, never a bare code.
export const changeName = (kind: string) => say(changeWord)(kind in changeWord ? kind : 'incident.changed')
export const isNamed = (kind: string) => kind in changeWord

const PREFIXES: readonly (readonly [string, (value: never) => string])[] = [
  ['SEVERITY_', severityName],
  ['INCIDENT_STATE_', stateName],
  ['INCIDENT_TYPE_', typeName],
  ['CONFIDENTIALITY_LABEL_', confidentialityLabelName],
  ['CONFIDENTIALITY_', confidentialityName],
  ['NETWORK_ZONE_', zoneName],
  ['FINDING_', findingName],
  ['SPREAD_', spreadName],
  ['ASSET_LEVEL_', assetLevelName],
  ['THREAT_GROUP_', threatGroupName],
  ['LINK_KIND_', linkName],
  ['MODE_', modeName],
  ['STEP_STATE_', stepStateName],
  ['CAPACITY_', capacityName],
]

function severityWord(value: string): string {
  const letter = /^SEVERITY_(S\d)$/.exec(value)?.[1]
  return letter ? `${letter} ` : ''
}

function jsonText(value: string): string | null {
  if (!/^[[{]/.test(value)) return null
  try {
    const parsed: unknown = JSON.parse(value)
    const parts = Array.isArray(parsed) ? parsed : Object.values(parsed as object)
    return parts.map((part) => valueText(String(part))).join('、') || common.unknown
  } catch {
    return null
  }
}

// A value as the journal holds it (an enum name, a time, an id, JSON, a text) as people read it. Empty is 「不明」.
export function valueText(value: string | undefined): string {
  if (!value) return common.unknown
  for (const [prefix, name] of PREFIXES) {
    if (value.startsWith(prefix)) return severityWord(value) + name(value as never)
  }
  if (value === 'true' || value === 'false') return value === 'true' ? common.yes : common.no
  if (/^\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)$/.test(value)) return jstShort(value)
  const named = [...systemChoices.value, ...sectionChoices.value].find((one) => one.id === value)
  return named?.name ?? jsonText(value) ?? value
}

// Another incident, named by id: number and title for those who may see it.
function tiedText(id: string | undefined, links: readonly IncidentLinkJson[]): string {
  if (!id) return common.none
  const link = links.find((one) => one.incidentId === id)
  return link ? `${link.number} ${link.title}` : t.anotherIncident
}

export function changeText(
  change: ChangeJson,
  links: readonly IncidentLinkJson[] = [],
): { field: string; before: string; after: string } {
  const text = change.field === 'links' ? (value?: string) => tiedText(value, links) : valueText
  return { field: fieldName(change.field ?? ''), before: text(change.before), after: text(change.after) }
}
