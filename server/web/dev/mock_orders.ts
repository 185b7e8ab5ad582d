// SPDX-License-Identifier: Apache-2.0
// Orders and calls of the pretended city: one under way to every section, one for the caller, a call at night.
import type { EscalationJson } from '../src/gen/sokuo/v1/escalation_pb'
import type { OrderAddresseeJson, OrderJson, OrderProgressJson, OrderStateJson } from '../src/gen/sokuo/v1/order_pb'
import { persons, ref, uid, units } from './mock_city.ts'
import { Refusal } from './mock_incident.ts'

// biome-ignore lint/suspicious/noExplicitAny: requests of any kind
type Any = any

const ago = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString()
const departments = units.filter((unit) => unit.kind === 'UNIT_KIND_DEPARTMENT')
const sections = units.filter((unit) => unit.kind === 'UNIT_KIND_SECTION')
const GIVER = {
  personId: uid(5, 3),
  personName: '高橋 恵',
  postName: '統括情報セキュリティ責任者',
  capacity: 'CAPACITY_ACTING' as const,
}

const STATES: OrderStateJson[] = [
  'ORDER_STATE_ACCEPTED',
  'ORDER_STATE_ACCEPTED',
  'ORDER_STATE_DONE',
  'ORDER_STATE_ACKNOWLEDGED',
  'ORDER_STATE_ACCEPTED',
  'ORDER_STATE_READ',
  'ORDER_STATE_SENT',
  'ORDER_STATE_REFUSED',
  'ORDER_STATE_CONFIRMED',
  'ORDER_STATE_UNREACHABLE',
  'ORDER_STATE_DELIVERED',
]

function head(unit: Any, i: number, role: Any): OrderAddresseeJson {
  const state = STATES[(i * 7) % STATES.length]!
  const person = persons[(i * 3) % persons.length]!
  return {
    id: uid(11, i),
    role,
    unit: { id: unit.id, name: unit.name },
    department: ref(units, unit.kind === 'UNIT_KIND_SECTION' ? unit.parentId : unit.id),
    post: { id: uid(6, i), name: `${unit.name}長` },
    person: { id: person.id, name: person.name },
    isDeputy: i % 9 === 4,
    state,
    queuedAt: ago(30),
    sentAt: ago(29),
    readAt: ago(20),
    acceptedAt: state === 'ORDER_STATE_ACCEPTED' ? ago(12) : undefined,
    version: 1,
  }
}

const addressees = [
  ...departments.map((unit, i) => head(unit, i, 'ROLE_ISO')),
  ...sections.map((unit, i) => head(unit, i + 20, 'ROLE_ISM')),
]
const SILENT = ['QUEUED', 'SENT', 'DELIVERED', 'READ', 'UNREACHABLE'].map((one) => `ORDER_STATE_${one}`)
const silent = (one: OrderAddresseeJson) => SILENT.includes(one.state!)

function progress(list = addressees): OrderProgressJson {
  const count = (test: (one: OrderAddresseeJson) => boolean) => list.filter(test).length
  return {
    addresseeCount: list.length,
    answeredCount: count((one) => !silent(one)),
    unansweredCount: count(silent),
    departmentCount: departments.length,
    departmentAnsweredCount: count((one) => one.role === 'ROLE_ISO' && !silent(one)),
    sectionCount: sections.length,
    sectionAnsweredCount: count((one) => one.role === 'ROLE_ISM' && !silent(one)),
    stateCounts: STATES.map((_, i) => count((one) => STATES.indexOf(one.state!) === i)),
    t50Seconds: 262,
    asOf: new Date().toISOString(),
  }
}

function order(no: number, text: string, more: Partial<OrderJson> = {}): OrderJson {
  return {
    id: uid(12, no),
    incidentId: uid(9, 1),
    incidentNumber: '2026-0042',
    incidentTitle: '県SOCから大量暗号化の疑い',
    no,
    text,
    giver: GIVER,
    occurredAt: ago(30),
    issuedAt: ago(30),
    dueAt: ago(-25),
    targets: [{ kind: 'ORDER_TARGET_KIND_DUTY', role: 'ROLE_ISM' }],
    wantsAcceptance: true,
    progress: progress(),
    mode: 'MODE_REAL',
    version: 1,
    ...more,
  }
}

const mine = (i: number, state: OrderStateJson): OrderAddresseeJson => ({
  ...addressees[i]!,
  state,
  readAt: undefined,
  acceptedAt: undefined,
})
const orders: OrderJson[] = [
  order(
    3,
    '庁内の全端末からLANケーブルを抜いてください。\n電源は切らないでください。\n終わったら「完了」で答えてください。',
    {
      mine: mine(8, 'ORDER_STATE_DELIVERED'),
      issuedAt: ago(4),
    },
  ),
  order(2, '各課の業務への影響を14時までに報告してください。', {
    mine: mine(9, 'ORDER_STATE_ACCEPTED'),
    dueAt: ago(6),
  }),
  order(1, '【訓練】所属職員の安否を確認してください。', {
    mine: mine(10, 'ORDER_STATE_SENT'),
    mode: 'MODE_EXERCISE',
    wantsAcceptance: false,
    dueAt: undefined,
  }),
]

const LINES: EscalationJson['lines'] = [
  {
    at: ago(3),
    kind: 'DEPUTY',
    rank: 2,
    role: 'ROLE_CISO',
    text: '副市長が答えないため、代理の 総務部長 佐藤 健一 を呼びました(携帯電話)',
  },
  { at: ago(8), kind: 'NOTIFY', rank: 1, role: 'ROLE_CISO', text: '副市長 田中 恵 を呼びました(携帯電話)' },
]
const calls: EscalationJson[] = [
  {
    id: uid(13, 1),
    incidentId: uid(9, 1),
    incidentNumber: '2026-0042',
    direction: 'ESCALATION_DIRECTION_UPWARD',
    phase: 'ESCALATION_PHASE_CALLING',
    isRed: true,
    redSince: ago(2),
    reason: '大量暗号化の疑い。発動の判断をお願いします',
    role: 'ROLE_CISO',
    levelRole: 'ROLE_CISO',
    person: ref(persons, persons[1]!.id),
    dueAt: ago(-2),
    begunAt: ago(8),
    lines: LINES,
    version: 3,
    isMine: true,
  },
  {
    id: uid(13, 2),
    incidentId: uid(9, 1),
    incidentNumber: '2026-0042',
    direction: 'ESCALATION_DIRECTION_UPWARD',
    phase: 'ESCALATION_PHASE_ANSWERED',
    reason: 'マルウェア検知',
    role: 'ROLE_HANDLER',
    levelRole: 'ROLE_HANDLER',
    person: ref(persons, persons[4]!.id),
    answeredBy: { personName: '山本 恵', postName: '情報政策課 主任' },
    answeredAt: ago(40),
    begunAt: ago(42),
    version: 3,
  },
]

const KIND: Record<string, [OrderStateJson, string]> = {
  ORDER_ANSWER_KIND_READ: ['ORDER_STATE_READ', 'readAt'],
  ORDER_ANSWER_KIND_ACKNOWLEDGE: ['ORDER_STATE_ACKNOWLEDGED', 'acknowledgedAt'],
  ORDER_ANSWER_KIND_ACCEPT: ['ORDER_STATE_ACCEPTED', 'acceptedAt'],
  ORDER_ANSWER_KIND_REFUSE: ['ORDER_STATE_REFUSED', 'refusedAt'],
  ORDER_ANSWER_KIND_DONE: ['ORDER_STATE_DONE', 'doneAt'],
  ORDER_ANSWER_KIND_CONFIRM: ['ORDER_STATE_CONFIRMED', 'confirmedAt'],
  ORDER_ANSWER_KIND_TAKE_BACK: ['ORDER_STATE_READ', 'readAt'],
}

function answerOrder(r: Any) {
  const found = orders.find((one) => one.id === r.orderId)!
  const [state, time] = KIND[r.kind]!
  const change = { state, [time]: new Date().toISOString() }
  const ids: string[] = r.addresseeIds ?? []
  for (const one of addressees) if (ids.includes(one.id!)) Object.assign(one, change)
  if (ids.length === 0 && found.mine) found.mine = { ...found.mine, ...change }
  found.version = (found.version ?? 0) + 1
  found.progress = progress()
  return { order: found, addressees: addressees.filter((one) => ids.includes(one.id!)) }
}

function tree(): Any[] {
  const of = (unit: Any) => addressees.find((one) => one.unit?.id === unit.id)
  const row = (unit: Any, depth: number) => ({
    unit: { id: unit.id, name: unit.name },
    depth,
    head: of(unit),
    personCount: depth === 2 ? 12 : 0,
    personAnsweredCount: depth === 2 ? 7 : 0,
    personUnreachableCount: unit.name.length % 5 === 0 ? 1 : 0,
  })
  return [
    { depth: 0, personCount: 960, personAnsweredCount: 560 },
    ...departments.flatMap((d) => [row(d, 1), ...sections.filter((s) => s.parentId === d.id).map((s) => row(s, 2))]),
  ]
}

const TEMPLATES = [
  [
    'DISCONNECT',
    '全庁の端末を切り離す',
    '庁内の全端末からLANケーブルを抜いてください。\n電源は切らないでください。\n終わったら「完了」で答えてください。',
    'ROLE_ISM',
    30,
  ],
  ['REPORT', '被害の有無を報告させる', '所管の業務への影響の有無を{時刻}までに報告してください。', 'ROLE_ISM', 60],
  ['MUSTER', '部局長を招集する', '{時刻}に{場所}へ集まってください。', 'ROLE_ISO', 30],
] as const

const POLICIES = (['ESCALATION_DIRECTION_UPWARD', 'ESCALATION_DIRECTION_DOWNWARD'] as const).flatMap((direction) =>
  [1, 2, 3, 4, 5].map((severity) => ({
    direction,
    severity,
    hours: 'ESCALATION_HOURS_ALWAYS' as const,
    rounds: 255,
    roundAfterS: 900,
    snoozeMostS: 1800,
    levels: [
      { role: 'ROLE_CSIRT_LEAD' as const, contactAfterS: 120, deputyAfterS: 300, ranks: 3 },
      { role: 'ROLE_SISO' as const, contactAfterS: 120, deputyAfterS: 300, ranks: 3 },
      { role: 'ROLE_CISO' as const, contactAfterS: 120, deputyAfterS: 300, ranks: 3 },
      { role: 'ROLE_EOC' as const, contactAfterS: 120, deputyAfterS: 300, ranks: 1, isHeadquarters: true },
    ],
    problems:
      severity === 5
        ? [{ kind: 'HOLE_NO_DEPUTY', level: 1, message: '統括の代理が1人も居ません。', isHole: true }]
        : [],
  })),
)

function preview(r: Any) {
  const begin = Date.parse(r.at ?? new Date().toISOString())
  const lines = (r.policy.levels ?? []).flatMap((level: Any, i: number) => [
    { at: new Date(begin + i * 600_000).toISOString(), kind: 'NOTIFY', text: `${level.role} 本人を携帯電話で呼ぶ` },
    { at: new Date(begin + i * 600_000 + 300_000).toISOString(), kind: 'DEPUTY', text: `${level.role} の代理を呼ぶ` },
  ])
  const red = { at: new Date(begin + 3_000_000).toISOString(), kind: 'RED', text: 'だれにも届かない: 赤で表示し続ける' }
  return { lines: [...lines, red], problems: POLICIES[r.policy.severity - 1]?.problems }
}

export const orderHandlers: Record<string, (r: Any) => unknown> = {
  'CommandService/ListOrders': (r) => ({
    orders: orders.filter((one) => !r.mine || one.mine),
    mayIssue: true,
    templates: TEMPLATES.map(([id, name, text, role, dueMinutes]) => ({
      id,
      name,
      text,
      targets: [{ kind: 'ORDER_TARGET_KIND_DUTY', role }],
      dueMinutes,
      wantsAcceptance: true,
    })),
  }),
  'CommandService/GetOrder'(r) {
    const found = orders.find((one) => one.id === r.orderId)!
    const list = addressees.filter((one) => !r.unansweredOnly || silent(one))
    return {
      order: found,
      tree: r.tree ? tree() : undefined,
      curve: Array.from({ length: 30 }, (_, i) => ({
        seconds: i * 60,
        answeredCount: Math.round(58 * (1 - Math.exp(-i / 7))),
      })),
      addressees: r.addressees ? list : undefined,
      telephone: r.telephone
        ? addressees.filter(silent).map((one, i) => ({
            section: one.unit,
            department: one.department,
            addressee: one,
            contacts:
              i % 4 === 3
                ? []
                : [{ id: uid(14, i), kind: 'CONTACT_KIND_MOBILE', address: `090-0000-${1000 + i}`, priority: 1 }],
            sectionPhone: `0836-31-${2000 + i}`,
          }))
        : undefined,
      mayAnswerFor: true,
    }
  },
  'CommandService/IssueOrder'(r) {
    const made = order(orders.length + 1, r.text, {
      id: r.operationId,
      targets: r.targets,
      dueAt: r.dueAt,
      wantsAcceptance: r.wantsAcceptance,
      issuedAt: new Date().toISOString(),
    })
    if (!r.dryRun) orders.unshift(made)
    return { order: made, holes: addressees.slice(30, 32).map((one) => ({ ...one, person: undefined })) }
  },
  'CommandService/AnswerOrder': answerOrder,
  'CommandService/WithdrawOrder'(r) {
    const found = orders.find((one) => one.id === r.orderId)!
    found.withdrawnAt = new Date().toISOString()
    found.withdrawnReason = r.reason
    return { order: found }
  },
  'CommandService/GetCommand': () => ({
    command: {
      epoch: 2,
      by: GIVER,
      role: 'ROLE_SISO',
      ground: 'CISO が5分答えない',
      since: ago(20),
      recordedAt: ago(20),
    },
    leaseUntil: ago(-10),
    mayTake: true,
    mayTakeBy: 'SUPERIOR',
    history: [
      { epoch: 2, by: GIVER, role: 'ROLE_SISO', ground: 'CISO が5分答えない', since: ago(20) },
      {
        epoch: 1,
        by: { personName: '田中 恵', postName: '情報政策課長', capacity: 'CAPACITY_SELF' },
        role: 'ROLE_CSIRT_LEAD',
        since: ago(45),
        until: ago(20),
        end: 'COMMAND_END_SUPERIOR',
      },
    ],
    conflicts: [
      {
        by: { personName: '佐藤 健一', postName: '総務部長', capacity: 'CAPACITY_ACTING' },
        claimedAt: ago(19),
        recordedAt: ago(11),
        ground: '電話がつながらず、自分が指揮を執った',
      },
    ],
    undecided: [
      { kind: 'DECISION', step: { id: uid(15, 1), name: '06 遮断の順番を決める' }, dueAt: ago(4) },
      { kind: 'BLOCKED_STEP', step: { id: uid(15, 2), name: '09 機器の保全' }, dueAt: ago(-15) },
    ],
    proxyDecisions: [
      { entryId: uid(16, 1), text: '全庁の遮断を決定', by: GIVER, occurredAt: ago(14) },
      {
        entryId: uid(16, 2),
        text: '県への第一報を決定',
        by: GIVER,
        occurredAt: ago(18),
        review: { agreed: true, by: { personName: '副市長 佐藤' }, at: ago(2) },
      },
    ],
  }),
  'CommandService/HandOver': () => ({ command: {} }),
  'CommandService/TakeCommand': () => ({ command: {} }),
  'CommandService/ReviewProxyDecisions': () => ({ proxyDecisions: [] }),
  'ContactService/OpenLink'(r) {
    if (r.token === 'gone') throw new Refusal(404, 'not_found', 'このリンクは期限が切れています。')
    return {
      personName: '田中 恵',
      text: orders[0]!.text,
      incidentNumber: '2026-0042',
      mode: 'MODE_REAL',
      dueAt: orders[0]!.dueAt,
      answers: ['ACKNOWLEDGE', 'ACCEPT', 'REFUSE'],
    }
  },
  'ContactService/AnswerByLink': () => ({ answered: '10:42 了解を受け付けました' }),
  'EscalationService/ListEscalations': (r) => ({
    escalations: calls.filter((one) => (!r.mine || one.isMine) && (!r.escalationId || one.id === r.escalationId)),
  }),
  'EscalationService/AnswerEscalation'(r) {
    const found = calls.find((one) => one.id === r.escalationId)!
    Object.assign(found, {
      phase: 'ESCALATION_PHASE_ANSWERED',
      isRed: false,
      answeredAt: new Date().toISOString(),
      dueAt: undefined,
    })
    return { escalation: found }
  },
  'EscalationService/ListPolicies': () => ({ policies: POLICIES, maySave: true }),
  'EscalationService/PreviewPolicy': (r) => preview(r),
  'EscalationService/SavePolicy': (r) => ({ policy: r.policy }),
  'EscalationService/Escalate': (r) => ({ escalation: calls.find((one) => one.id === r.escalationId) ?? calls[0] }),
  'EscalationService/SnoozeEscalation': (r) => ({ escalation: calls.find((one) => one.id === r.escalationId) }),
  'EscalationService/StopEscalation'(r) {
    const found = calls.find((one) => one.id === r.escalationId)!
    Object.assign(found, { phase: 'ESCALATION_PHASE_STOPPED', isRed: false, dueAt: undefined })
    return { escalation: found }
  },
}
