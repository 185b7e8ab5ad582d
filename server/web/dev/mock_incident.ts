// SPDX-License-Identifier: Apache-2.0
// Incidents of the pretended server: enough of the rules that every screen can be tried.
import type { AttributionJson } from '../src/gen/sokuo/v1/common_pb'
import type {
  ChangeJson,
  EntryJson,
  EntryKindJson,
  IncidentJson,
  IncidentStateJson,
  IncidentTypeJson,
  PossibleTransitionJson,
  SeverityJson,
} from '../src/gen/sokuo/v1/incident_pb'
import type { FeedChangeJson } from '../src/gen/sokuo/v1/sync_pb'
import { persons, ref, systems, uid, units } from './mock_city.ts'

export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly reason = 'REFUSED',
    readonly field = '',
  ) {
    super(message)
  }
}

interface Held {
  incident: IncidentJson
  entries: EntryJson[]
}

export const held: Held[] = []
export const feed: FeedChangeJson[] = []
let woken: (() => void)[] = []
export const onWake = (fn: () => void) => void woken.push(fn)
const wake = () => {
  const now = woken
  woken = []
  for (const fn of now) fn()
}

const now = () => new Date().toISOString()
const by: AttributionJson = {
  personId: uid(5, 0),
  personName: '田中 恵',
  postName: '情報政策課 主査',
  capacity: 'CAPACITY_SELF',
}

export function find(id: string | undefined): Held {
  const found = held.find((h) => h.incident.id === id || h.incident.number === id)
  if (!found) throw new Refusal(404, 'not_found', 'この事案は見つかりません。番号を確かめてください。', 'NOT_FOUND')
  return found
}

export function addEntry(h: Held, entry: EntryJson, kind = 'entry.added'): EntryJson {
  const at = now()
  const full: EntryJson = {
    id: crypto.randomUUID(),
    incidentId: h.incident.id,
    seq: h.entries.length + 1,
    occurredAt: at,
    recordedAt: at,
    by,
    ...entry,
  }
  h.entries.push(full)
  h.incident.version = (h.incident.version ?? 0) + 1
  h.incident.updatedAt = at
  feed.push({
    stream: 'incident',
    streamId: h.incident.id,
    kind,
    version: h.incident.version,
    entry: full,
    mode: h.incident.mode,
    incident: brief(h.incident),
  })
  wake()
  return full
}

export function change(h: Held, changeKind: string, changes: ChangeJson[], text = ''): void {
  addEntry(h, { kind: 'ENTRY_KIND_CHANGE', changeKind, changes, text, means: 'MEANS_SYSTEM' }, changeKind)
}

export function brief(i: IncidentJson): IncidentJson {
  const { description: _d, links: _l, possibleTransitions: _p, ...rest } = i
  return structuredClone(rest)
}

const NEXT: Partial<Record<IncidentStateJson, [IncidentStateJson, ...IncidentStateJson[]]>> = {
  INCIDENT_STATE_DETECTED: ['INCIDENT_STATE_INTAKE'],
  INCIDENT_STATE_INTAKE: ['INCIDENT_STATE_TRIAGE'],
  INCIDENT_STATE_TRIAGE: ['INCIDENT_STATE_ACTIVATED', 'INCIDENT_STATE_HANDLING_LOCAL', 'INCIDENT_STATE_CLOSED_FALSE'],
  INCIDENT_STATE_HANDLING_LOCAL: ['INCIDENT_STATE_CLOSED', 'INCIDENT_STATE_ACTIVATED'],
  INCIDENT_STATE_ACTIVATED: ['INCIDENT_STATE_CONTAINMENT'],
  INCIDENT_STATE_CONTAINMENT: ['INCIDENT_STATE_ERADICATION'],
  INCIDENT_STATE_ERADICATION: ['INCIDENT_STATE_RECOVERY', 'INCIDENT_STATE_CONTAINMENT'],
  INCIDENT_STATE_RECOVERY: ['INCIDENT_STATE_MONITORING', 'INCIDENT_STATE_CONTAINMENT'],
  INCIDENT_STATE_MONITORING: ['INCIDENT_STATE_CLOSED', 'INCIDENT_STATE_CONTAINMENT'],
  INCIDENT_STATE_CLOSED: ['INCIDENT_STATE_REVIEW', 'INCIDENT_STATE_TRIAGE'],
}

export function full(h: Held): IncidentJson {
  const i = h.incident
  const possible: PossibleTransitionJson[] = (NEXT[i.state!] ?? []).map((to) => ({
    to,
    permitted: to !== 'INCIDENT_STATE_REVIEW',
    missing: [
      ...(to === 'INCIDENT_STATE_TRIAGE' && !i.handler ? ['HANDLER'] : []),
      ...(to === 'INCIDENT_STATE_CONTAINMENT' && !i.commander ? ['COMMANDER'] : []),
      ...(to === 'INCIDENT_STATE_ACTIVATED' && !i.severityAssessed ? ['SEVERITY'] : []),
      ...(to === 'INCIDENT_STATE_HANDLING_LOCAL' && (i.severity ?? '') >= 'SEVERITY_S3' ? ['S3_MUST_ACTIVATE'] : []),
    ],
  }))
  const open = i.state !== 'INCIDENT_STATE_MERGED'
  return {
    ...structuredClone(i),
    systems: i.facts?.systemIds?.map((id) => ref(systems, id)!),
    sections: i.facts?.sectionIds?.map((id) => ref(units, id)!),
    possibleTransitions: possible,
    allowedActs: open ? ['EDIT', 'TRIAGE', 'ASSIGN', 'CLASSIFY', 'MERGE', 'ADD_ENTRY'] : ['ADD_ENTRY'],
  }
}

export function create(from: IncidentJson): Held {
  const at = from.filedAt ?? now()
  const mode = from.mode ?? 'MODE_REAL'
  const count = held.filter((h) => h.incident.mode === mode).length + 1
  const number = `${mode === 'MODE_EXERCISE' ? '訓-' : mode === 'MODE_TEST' ? '試-' : ''}2026-${String(count).padStart(4, '0')}`
  const h: Held = {
    incident: {
      id: uid(9, held.length + 1),
      number,
      version: 0,
      severity: 'SEVERITY_S2',
      state: 'INCIDENT_STATE_INTAKE',
      confidentiality: 'CONFIDENTIALITY_INTERNAL',
      filedAt: at,
      updatedAt: at,
      filedBy: by,
      triageDueAt: new Date(Date.parse(at) + 30 * 60_000).toISOString(),
      ...from,
      mode,
    },
    entries: [],
  }
  held.push(h)
  change(h, 'incident.filed', [], from.title)
  return h
}

export function assign(h: Held, handlerId?: string, commanderId?: string, acting = false): void {
  const i = h.incident
  const changes: ChangeJson[] = []
  if (handlerId) {
    changes.push({ field: 'handler', before: i.handler?.name, after: ref(persons, handlerId)?.name })
    i.handler = ref(persons, handlerId)
  }
  if (commanderId) {
    const person = persons.find((p) => p.id === commanderId)
    changes.push({ field: 'commander', before: i.commander?.name, after: person?.name })
    i.commander = ref(persons, commanderId)
    i.command = {
      personId: commanderId,
      personName: person?.name,
      postName: person?.post?.name,
      capacity: acting ? 'CAPACITY_ACTING' : 'CAPACITY_SELF',
    }
    i.commandedSince = now()
  }
  change(h, 'incident.assigned', changes)
}

export function move(h: Held, to: IncidentStateJson, reason = ''): void {
  const before = h.incident.state
  h.incident.state = to
  if (to !== 'INCIDENT_STATE_INTAKE') h.incident.triageDueAt = undefined
  if (to === 'INCIDENT_STATE_MONITORING')
    h.incident.monitoringUntil = new Date(Date.now() + 14 * 86400_000).toISOString()
  if (to === 'INCIDENT_STATE_CLOSED') h.incident.closedAt = now()
  change(h, 'incident.state', [{ field: 'state', before, after: to }], reason)
}

const TITLES: [string, IncidentTypeJson, SeverityJson, IncidentStateJson][] = [
  [
    '共有フォルダのファイルが開けない(拡張子が変わっている)',
    'INCIDENT_TYPE_MALWARE',
    'SEVERITY_S4',
    'INCIDENT_STATE_CONTAINMENT',
  ],
  ['住民票を別世帯の方に交付した', 'INCIDENT_TYPE_MISDELIVERY', 'SEVERITY_S3', 'INCIDENT_STATE_ACTIVATED'],
  ['公用スマートフォンを帰宅途中に紛失', 'INCIDENT_TYPE_LOSS', 'SEVERITY_S2', 'INCIDENT_STATE_TRIAGE'],
  ['メール添付のウイルスを検知・駆除', 'INCIDENT_TYPE_PHISHING', 'SEVERITY_S0', 'INCIDENT_STATE_CLOSED'],
  [
    '国保年金課 窓口端末3台が起動しない',
    'INCIDENT_TYPE_EQUIPMENT_FAILURE',
    'SEVERITY_S1',
    'INCIDENT_STATE_HANDLING_LOCAL',
  ],
  ['LGWAN回線の断続的な途絶', 'INCIDENT_TYPE_LGWAN_OUTAGE', 'SEVERITY_S3', 'INCIDENT_STATE_RECOVERY'],
  ['市公式ウェブサイトが表示されない', 'INCIDENT_TYPE_DOS', 'SEVERITY_S2', 'INCIDENT_STATE_MONITORING'],
  ['停電により出先機関の電話が不通', 'INCIDENT_TYPE_POWER_OUTAGE', 'SEVERITY_S2', 'INCIDENT_STATE_INTAKE'],
]
const SAID: [EntryKindJson, string, string, string][] = [
  ['ENTRY_KIND_REPORT', '国保年金課の端末2台でも同じ症状。画面に英文の要求が表示されている。', '国保年金課長', '当直'],
  ['ENTRY_KIND_ORDER', '国保年金課フロアのスイッチを切り離すこと。電源は切らない。', '統括', '情報政策課 当番'],
  [
    'ENTRY_KIND_INFORMATION',
    '監視装置に02時05分から外部への通信の記録あり。件数は確認中。',
    '県セキュリティクラウド',
    '情報政策課',
  ],
  ['ENTRY_KIND_DECISION', 'LGWAN接続系との通信を遮断する。窓口業務は手書きに切り替える。', 'CISO', '全所属'],
  ['ENTRY_KIND_REQUEST', 'ログの保全と解析を委託事業者に依頼。', '情報政策課', '委託事業者'],
  ['ENTRY_KIND_NOTICE', '総務部長・市民部長に電話で連絡済み。', '情報政策課 当番', '部長2名'],
]
const MEANS = ['MEANS_PHONE', 'MEANS_SPOKEN', 'MEANS_MAIL', 'MEANS_RADIO', 'MEANS_FAX', 'MEANS_UNSPECIFIED'] as const
const CERTAINTY = [
  'CERTAINTY_CONFIRMED',
  'CERTAINTY_UNCONFIRMED',
  'CERTAINTY_ESTIMATED',
  'CERTAINTY_UNSPECIFIED',
] as const

export function talk(h: Held, n: number, ageMs: number): void {
  for (let k = 0; k < n; k++) {
    const [kind, text, sender, receiver] = SAID[k % SAID.length]!
    const at = new Date(Date.now() - ageMs + (ageMs * k) / n)
    addEntry(h, {
      kind,
      text: n > 20 ? `${text} (${k + 1})` : text,
      sender,
      receiver,
      means: MEANS[k % MEANS.length],
      certainty: CERTAINTY[k % CERTAINTY.length],
      occurredAt: at.toISOString(),
      recordedAt: new Date(at.getTime() + 95_000).toISOString(),
    })
  }
}

export function seed(): void {
  TITLES.forEach(([title, incidentType, severity, state], k) => {
    const h = create({
      title,
      incidentType,
      severity,
      state,
      severityAssessed: k !== 7,
      severityRules: k === 1 ? ['MY_NUMBER'] : [],
      threatGroup: 'THREAT_GROUP_INTENTIONAL',
      description:
        '02時10分頃、当直が共有フォルダのファイルを開こうとしたところ、拡張子が変わっており開けないことに気付いた。',
      occurredAt: new Date(Date.now() - (k + 1) * 5400_000).toISOString(),
      filedAt: new Date(Date.now() - (k + 1) * 5000_000).toISOString(),
      facts: {
        discoveredAt: new Date(Date.now() - (k + 1) * 5300_000).toISOString(),
        place: k % 2 ? '本庁舎2階' : '',
        finder: '当直',
        zones: k % 2 ? ['NETWORK_ZONE_LGWAN', 'NETWORK_ZONE_MYNUMBER'] : [],
        personalInfo: { involved: 'FINDING_SUSPECTED', knownCount: '71', maxCount: '1300' },
        systemIds: [systems[k]!.id!],
        sectionIds: [units[12]!.id!],
        spread: 'SPREAD_SPREADING',
      },
    })
    if (k < 3) assign(h, persons[1]!.id, persons[2]!.id, k === 0)
    talk(h, k === 0 ? 12 : 3, 3600_000)
  })
  const drill = create({
    title: 'ランサムウェア対応訓練(図上)',
    mode: 'MODE_EXERCISE',
    severity: 'SEVERITY_S3',
    severityAssessed: true,
    state: 'INCIDENT_STATE_ACTIVATED',
    incidentType: 'INCIDENT_TYPE_MALWARE',
  })
  talk(drill, 4, 3600_000)
  const long = create({
    title: '3,000件の記録がある事案'.padEnd(60, '。長い題名でも折り返して読める'),
    severity: 'SEVERITY_S3',
    state: 'INCIDENT_STATE_RECOVERY',
    incidentType: 'INCIDENT_TYPE_EARTHQUAKE',
  })
  talk(long, 3000, 86400_000 * 2)
  held[0]!.incident.links = [
    {
      kind: 'LINK_KIND_RELATED',
      incidentId: held[5]!.incident.id,
      number: held[5]!.incident.number,
      title: held[5]!.incident.title,
      state: held[5]!.incident.state,
    },
  ]
  const wrong = held[0]!.entries[4]!
  const right = addEntry(held[0]!, {
    kind: wrong.kind,
    text: '監視装置に02時03分から外部への通信の記録あり。',
    correctsId: wrong.id,
    reason: '時刻の聞き違い',
    sender: wrong.sender,
    means: wrong.means,
  })
  wrong.correctedById = right.id
}
