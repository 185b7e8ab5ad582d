// SPDX-License-Identifier: Apache-2.0
// A pretended server, enough to look at every screen without the real one: npm run mock. Any password is right but
// "wrong"; the login "totp" asks for a code; "staff" is a person without duties.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Plugin } from 'vite'
import type { MeJson } from '../src/gen/sokuo/v1/auth_pb'
import type { EntryJson, IncidentFilterJson, IncidentJson } from '../src/gen/sokuo/v1/incident_pb'
import { persons, systems, uid, units } from './mock_city.ts'
import {
  addEntry,
  assign,
  brief,
  change,
  create,
  feed,
  find,
  full,
  held,
  move,
  onWake,
  Refusal,
  seed,
} from './mock_incident.ts'
import { orderHandlers } from './mock_orders.ts'
import { mockSteps } from './mock_steps.ts'

// biome-ignore lint/suspicious/noExplicitAny: requests of any method
type Any = any
type Handler = (request: Any) => unknown

let me: MeJson | null = null
const done = new Map<string, unknown>()
let tokens: Any[] = [
  {
    id: uid(7, 1),
    name: '監視連携',
    prefix: 'sok_7Qx2',
    createdAt: '2026-04-01T00:00:00Z',
    lastUsedAt: new Date().toISOString(),
    expiresAt: '2027-04-01T00:00:00Z',
  },
]
let sessions: Any[] = []
const received = new Map<string, { id: string; received: string; complete: boolean }>()

function newMe(login: string): MeJson {
  return {
    accountId: uid(8, login === 'staff' ? 2 : 1),
    login,
    person: { id: persons[0]!.id, name: persons[0]!.name },
    post: persons[0]!.post,
    section: persons[0]!.section,
    roles: login === 'staff' ? ['ROLE_STAFF'] : ['ROLE_CSIRT_LEAD', 'ROLE_ADMIN'],
    totpEnrolled: login === 'totp',
    recoveryCodesLeft: login === 'totp' ? 8 : 0,
    tenant: { id: uid(0, 1), name: 'みなと市' },
    serverTime: new Date().toISOString(),
    serverVersion: '0.1.0',
  }
}

const CLOSED = [
  'INCIDENT_STATE_CLOSED',
  'INCIDENT_STATE_CLOSED_FALSE',
  'INCIDENT_STATE_MERGED',
  'INCIDENT_STATE_ARCHIVED',
  'INCIDENT_STATE_REVIEW',
]
function fits(i: IncidentJson, f: IncidentFilterJson = {}): boolean {
  return (
    i.mode === (f.mode ?? 'MODE_REAL') &&
    (!f.openOnly || !CLOSED.includes(i.state!)) &&
    (!f.states?.length || f.states.includes(i.state!)) &&
    (!f.severities?.length || f.severities.includes(i.severity!)) &&
    (!f.incidentTypes?.length || f.incidentTypes.includes(i.incidentType!)) &&
    (!f.handlerId || i.handler?.id === f.handlerId) &&
    (!f.unassignedOnly || !i.handler)
  )
}

function paged<T>(list: T[], r: Any, name: string, usual: number): Record<string, unknown> {
  const from = Number(r.pageToken || 0)
  const to = from + (r.pageSize || usual)
  return { [name]: list.slice(from, to), nextPageToken: to < list.length ? String(to) : undefined }
}

function seen(r: Any): ReturnType<typeof find> {
  const h = find(r.id)
  if (r.version && r.version !== h.incident.version)
    throw new Refusal(409, 'aborted', '他の人が先に変更しました。', 'STALE_VERSION')
  return h
}

function mayPassword(r: Any): void {
  if (r.password === 'wrong' || r.currentPassword === 'wrong')
    throw new Refusal(400, 'invalid_argument', 'パスワードが違います。', 'PASSWORD', 'password')
}

const QR = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 29 29"><path d="M0 0h29v29H0z" fill="#fff"/><path d="M2 2h7v7H2zM20 2h7v7h-7zM2 20h7v7H2zM12 3h2v5h-2zM15 10h4v3h-4zM11 15h3v8h-3zM18 18h6v2h-6z"/></svg>`
const codes = () =>
  Array.from({ length: 10 }, (_, i) => `${(i * 7919 + 12345).toString(36)}-${'abcd-efgh-jkmn'}-${i}xyz`)

const handlers: Record<string, Handler> = {
  ...orderHandlers,
  'AuthService/Login'(r) {
    if (r.password === 'wrong')
      throw new Refusal(401, 'unauthenticated', 'ログイン名、パスワード、または番号が違います。')
    if (r.login === 'totp' && !r.totpCode && !r.recoveryCode) return { totpRequired: true }
    me = newMe(r.login)
    sessions = [
      {
        id: uid(7, 2),
        current: true,
        createdAt: new Date().toISOString(),
        lastUsedAt: new Date().toISOString(),
        ip: '192.0.2.10',
        userAgent: 'Mozilla/5.0 (Linux; Android 16) Chrome/156',
      },
      {
        id: uid(7, 3),
        createdAt: '2026-11-22T01:00:00Z',
        lastUsedAt: '2026-11-22T09:00:00Z',
        ip: '192.0.2.77',
        userAgent: 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) Edg/156',
      },
    ]
    return { me }
  },
  'AuthService/Logout'() {
    me = null
    return {}
  },
  'AuthService/GetMe': () => ({ me: { ...me, serverTime: new Date().toISOString() } }),
  'AuthService/ChangePassword'(r) {
    mayPassword(r)
    if (r.newPassword.length < 15)
      throw new Refusal(
        400,
        'invalid_argument',
        '新しいパスワードは15文字以上にしてください。',
        'TOO_SHORT',
        'new_password',
      )
    return {}
  },
  'AuthService/BeginTotp'(r) {
    mayPassword(r)
    return { uri: 'otpauth://totp/Sokuo:tanaka?secret=JBSWY3DPEHPK3PXP', secret: 'JBSWY3DPEHPK3PXP', qrSvg: QR }
  },
  'AuthService/ConfirmTotp'(r) {
    if (r.code !== '123456')
      throw new Refusal(400, 'invalid_argument', '番号が違います。時計を確かめて、もう一度入れてください。')
    me = { ...me, totpEnrolled: true, recoveryCodesLeft: 10 }
    return { recoveryCodes: codes() }
  },
  'AuthService/RenewRecoveryCodes'(r) {
    mayPassword(r)
    return { recoveryCodes: codes() }
  },
  'AuthService/ListSessions': () => ({ sessions }),
  'AuthService/RevokeSession'(r) {
    sessions = sessions.filter((s) => s.current || (r.id && s.id !== r.id))
    return { revoked: 1 }
  },
  'AuthService/ListTokens': () => ({ tokens }),
  'AuthService/CreateToken'(r) {
    mayPassword(r)
    const token = {
      id: crypto.randomUUID(),
      name: r.name,
      prefix: 'sok_Ab3d',
      createdAt: new Date().toISOString(),
      expiresAt: r.expiresAt,
    }
    tokens = [token, ...tokens]
    return { secret: 'sok_Ab3dExampleExampleExampleExample', token }
  },
  'AuthService/RevokeToken'(r) {
    tokens = tokens.filter((t) => t.id !== r.id)
    return {}
  },
  'DirectoryService/ListUnits': () => ({ units }),
  'DirectoryService/ListSystems': () => ({ systems }),
  'DirectoryService/ListPersons': (r) =>
    paged(
      persons.filter(
        (p) =>
          !r.query ||
          `${p.name}${p.kana}${p.code}${p.post?.name}`.replace(/ /g, '').includes(r.query.replace(/ /g, '')),
      ),
      r,
      'persons',
      50,
    ),
  'IncidentService/FileIncident'(r) {
    const { operationId: _o, ...from } = r
    const h = create({
      ...from,
      severity: r.severity && r.severity !== 'SEVERITY_UNSPECIFIED' ? r.severity : 'SEVERITY_S2',
    })
    return {
      incident: full(h),
      callTargets: [
        { role: 'ROLE_POC', personName: '佐藤 健一', postName: '情報政策課 係長', phone: '0836-31-2001' },
        { role: 'ROLE_CSIRT_LEAD', personName: '鈴木 裕子', postName: '情報政策課長', phone: '090-0000-0000' },
        { role: 'ROLE_DUTY_DESK', postName: '当直' },
      ],
    }
  },
  'IncidentService/GetIncident'(r) {
    const h = find(r.id)
    const page = paged([...h.entries].reverse(), { pageSize: r.entryCount }, 'entries', 20)
    return { incident: full(h), ...page }
  },
  'IncidentService/ListIncidents': (r) =>
    paged(
      held
        .map((h) => brief(h.incident))
        .filter((i) => fits(i, r.filter))
        .sort((a, b) => (a.filedAt! < b.filedAt! ? 1 : -1)),
      r,
      'incidents',
      50,
    ),
  'IncidentService/ListEntries'(r) {
    const all = [...find(r.incidentId).entries]
    if (!r.oldestFirst) all.reverse()
    return paged(
      all.filter((e) => !r.kinds?.length || r.kinds.includes(e.kind)),
      r,
      'entries',
      100,
    )
  },
  'IncidentService/AddEntry'(r) {
    const { operationId: _o, ...entry } = r
    return { entry: addEntry(find(r.incidentId), { kind: 'ENTRY_KIND_INFORMATION', ...entry } as EntryJson) }
  },
  'IncidentService/CorrectEntry'(r) {
    const h = find(r.incidentId)
    const old = h.entries.find((e) => e.id === r.entryId)!
    const { id: _i, seq: _s, recordedAt: _r, correctedById: _c, ...same } = old
    const entry = addEntry(h, { ...same, text: r.text ?? '', correctsId: old.id, reason: r.reason })
    old.correctedById = entry.id
    return { entry }
  },
  'IncidentService/TransitionIncident'(r) {
    const h = seen(r)
    if (
      !r.reason &&
      [
        'INCIDENT_STATE_ERADICATION',
        'INCIDENT_STATE_CLOSED',
        'INCIDENT_STATE_CLOSED_FALSE',
        'INCIDENT_STATE_CONTAINMENT',
      ].includes(r.toState)
    )
      throw new Refusal(400, 'failed_precondition', '根拠を書いてください。', 'REASON', 'reason')
    move(h, r.toState, r.reason)
    return { incident: full(h) }
  },
  'IncidentService/TriageIncident'(r) {
    const h = seen(r)
    if (r.incidentType) h.incident.incidentType = r.incidentType
    if (r.severity) {
      change(h, 'incident.severity', [{ field: 'severity', before: h.incident.severity, after: r.severity }], r.reason)
      h.incident.severity = r.severity
      h.incident.severityAssessed = true
    }
    if (r.handlerId || !h.incident.handler) assign(h, r.handlerId || persons[0]!.id)
    move(h, r.toState ?? 'INCIDENT_STATE_TRIAGE', r.reason)
    return { incident: full(h) }
  },
  'IncidentService/UpdateIncident'(r) {
    const h = seen(r)
    const get = (o: Any, path: string) => path.split('.').reduce((x, k) => x?.[k], o)
    const camel = (s: string) => s.replace(/_(.)/g, (_m, c) => c.toUpperCase())
    const changes = (r.updateMask as string[]).map((field) => {
      const path = camel(field)
      const before = get(h.incident, path)
      const after = get(r, path)
      const parts = path.split('.')
      const last = parts.pop()!
      let at: Any = h.incident
      for (const part of parts) {
        at[part] ??= {}
        at = at[part]
      }
      at[last] = after
      const text = (v: unknown) => (v === undefined ? '' : typeof v === 'string' ? v : JSON.stringify(v))
      return { field, before: text(before), after: text(after) }
    })
    change(h, 'incident.facts', changes, r.reason)
    return { incident: full(h) }
  },
  'IncidentService/AssignIncident'(r) {
    const h = seen(r)
    assign(h, r.handlerId, r.commanderId, r.commanderCapacity === 'CAPACITY_ACTING')
    return { incident: full(h) }
  },
  'IncidentService/SetConfidentiality'(r) {
    const h = seen(r)
    change(
      h,
      'incident.confidentiality',
      [{ field: 'confidentiality', before: h.incident.confidentiality, after: r.confidentiality }],
      r.reason,
    )
    h.incident.confidentiality = r.confidentiality
    return { incident: full(h) }
  },
  'IncidentService/ListMembers': () => ({
    members: [
      {
        person: { id: persons[3]!.id, name: persons[3]!.name },
        access: 'MEMBER_ACCESS_NAMED',
        reason: '窓口調整のため',
        since: new Date().toISOString(),
      },
    ],
  }),
  'IncidentService/SetMember': (r) => ({
    member: { person: persons.find((p) => p.id === r.personId), access: r.access, reason: r.reason },
  }),
  'IncidentService/LinkIncidents'(r) {
    const h = find(r.id)
    const other = find(r.otherId).incident
    h.incident.links = (h.incident.links ?? []).filter((l) => l.incidentId !== other.id)
    if (!r.remove)
      h.incident.links.push({
        kind: r.kind,
        incidentId: other.id,
        number: other.number,
        title: other.title,
        state: other.state,
      })
    change(h, 'incident.linked', [], other.number)
    return { incident: full(h) }
  },
  'IncidentService/MergeIncident'(r) {
    const h = find(r.id)
    h.incident.mergedIntoId = r.intoId
    move(h, 'INCIDENT_STATE_MERGED', r.reason)
    return { incident: full(h), into: full(find(r.intoId)) }
  },
  'IncidentService/SplitIncident'(r) {
    const h = find(r.id)
    return {
      incident: full(
        create({ title: r.title, description: r.description, incidentType: r.incidentType ?? h.incident.incidentType }),
      ),
      from: full(h),
    }
  },
  'IncidentService/SearchIncidents'(r) {
    const words = (r.query as string).normalize('NFKC').split(' ').filter(Boolean)
    const hits: unknown[] = []
    for (const h of held) {
      const own = `${h.incident.title} ${h.incident.description ?? ''}`
      if (words.every((w) => own.includes(w))) hits.push({ incident: brief(h.incident), snippet: own.slice(0, 120) })
      for (const e of h.entries.slice(0, 20))
        if (words.every((w) => e.text?.includes(w)))
          hits.push({ incident: brief(h.incident), entry: e, snippet: e.text })
    }
    return paged(hits, r, 'hits', 20)
  },
  'StepService/ListMySteps': () => ({ steps: mockSteps.list(), serverTime: new Date().toISOString() }),
  'SyncService/Push'(r) {
    const who = { id: me?.person?.id ?? '', name: me?.person?.name ?? '' }
    const answer = mockSteps.push(r, who)
    // Filings and entries have handlers of their own.
    for (const [i, op] of (r.operations ?? []).entries()) {
      const result: Any = answer.results?.[i]
      if (op.answerOrder) result.answerOrder = handlers['CommandService/AnswerOrder']!(op.answerOrder)
      if (op.answerEscalation) {
        const done = handlers['EscalationService/AnswerEscalation']!(op.answerEscalation) as Any
        done.escalation.answeredBy = { personId: who.id, personName: who.name }
        result.answerEscalation = done
      }
      if (op.takeCommand) result.takeCommand = handlers['CommandService/TakeCommand']!(op.takeCommand)
      if (op.addEntry) result.addEntry = handlers['IncidentService/AddEntry']!(op.addEntry)
      if (op.fileIncident) result.fileIncident = handlers['IncidentService/FileIncident']!(op.fileIncident)
    }
    return answer
  },
  'EvidenceService/ListEvidence': () => ({ evidence: [...received.values()] }),
  'EvidenceService/PutChunk'(r) {
    const bytes = Buffer.from(r.data, 'base64').length
    const before = Number(received.get(r.evidenceId)?.received ?? 0)
    const evidence = { id: r.evidenceId, received: String(before + bytes), complete: bytes < 65536 }
    received.set(r.evidenceId, evidence)
    return { evidence }
  },
  async 'SyncService/Pull'(r) {
    const cursor = () => String(feed.length)
    const serverTime = new Date().toISOString()
    if (!r.after) return { cursor: cursor(), serverTime }
    if (Number(r.after) >= feed.length && r.waitMs) {
      await new Promise<void>((resolve) => {
        onWake(resolve)
        setTimeout(resolve, r.waitMs)
      })
    }
    return { changes: feed.slice(Number(r.after)), cursor: cursor(), serverTime }
  },
}

async function body(req: IncomingMessage): Promise<Any> {
  let text = ''
  for await (const chunk of req) text += chunk
  return text ? JSON.parse(text) : {}
}

function events(res: ServerResponse): void {
  res.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
  res.write(': ok\n\nevent: hello\ndata: {}\n\n')
  const again = () => {
    if (res.closed) return
    res.write('event: wake\ndata: {}\n\n')
    onWake(again)
  }
  onWake(again)
}

async function answer(method: string, request: Any): Promise<[number, unknown]> {
  const handler = handlers[method]
  try {
    if (!handler) throw new Refusal(501, 'unimplemented', `${method} はまだありません。`)
    if (!me && !/Login|Logout|ByLink|OpenLink/.test(method))
      throw new Refusal(401, 'unauthenticated', 'ログインしてください。')
    const operation = request.operationId
    if (operation && done.has(operation)) return [200, done.get(operation)]
    const result = await handler(request)
    if (operation) done.set(operation, result)
    return [200, result]
  } catch (e) {
    if (!(e instanceof Refusal)) throw e
    const debug = { reason: e.reason, field: e.field, messageJa: e.message, messageEn: e.message }
    return [e.status, { code: e.code, message: e.message, details: [{ type: 'sokuo.v1.ErrorInfo', value: '', debug }] }]
  }
}

async function serve(req: IncomingMessage, res: ServerResponse, next: () => void): Promise<void> {
  const path = (req.url ?? '').split('?')[0]!
  if (path === '/events') {
    events(res)
    return
  }
  const method = /^\/sokuo\.v1\.(.+)$/.exec(path)?.[1]
  if (!method) {
    next()
    return
  }
  const [status, result] = await answer(method, await body(req))
  res.writeHead(status, { 'content-type': 'application/json' })
  res.end(JSON.stringify(result))
}

export function mockPlugin(): Plugin {
  seed()
  return {
    name: 'mock',
    configureServer(server) {
      server.middlewares.use(serve)
    },
    configurePreviewServer(server) {
      server.middlewares.use(serve)
    },
  }
}
