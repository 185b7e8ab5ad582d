// SPDX-License-Identifier: Apache-2.0
// What the desk knows and does: loading, decisions, undo. The panes only draw it.
import { computed, signal } from '@preact/signals'
import { CallError } from '../base/rpc'
import { incidents, intake } from '../base/services'
import { me } from '../base/session'
import { uuid } from '../base/uuid'
import type {
  CountIncidentsResponseJson,
  EntryJson,
  IncidentJson,
  IncidentStateJson,
  IncidentTypeJson,
  SeverityJson,
} from '../gen/sokuo/v1/incident_pb'
import type { FeedChangeJson } from '../gen/sokuo/v1/sync_pb'
import { toast, toastError } from '../ui/toast'
import { arrange, countNews, fromIncident, fromItem, nextKey, type Row, severityRank } from './queue'
import { t } from './texts'

export interface Decision {
  type: IncidentTypeJson
  severity: SeverityJson
  reason: string
  takeOver: boolean
  next: IncidentStateJson
  attachTo: string
}

export const rows = signal<Row[] | null>(null)
export const failed = signal<unknown>(null)
export const counts = signal<CountIncidentsResponseJson | null>(null)
export const cursorKey = signal('')
export const selected = signal<ReadonlySet<string>>(new Set())
export const news = signal(0)
export const busy = signal(false)
export const decision = signal<Decision>(emptyDecision())
// The incident under the cursor, whole, with its last entries.
export const whole = signal<{ incident: IncidentJson; entries: EntryJson[] } | null>(null)

export const current = computed(() => rows.value?.find((row) => row.key === cursorKey.value) ?? null)
// What an act is done to: the selected rows, else the one under the cursor.
export const targets = computed(() => {
  const all = rows.value ?? []
  const chosen = all.filter((row) => selected.value.has(row.key))
  if (chosen.length > 0) return chosen
  return current.value ? [current.value] : []
})

let unseen: FeedChangeJson[] = []
let own = new Set<string>()
let undoLast: (() => Promise<void>) | null = null

function emptyDecision(): Decision {
  return {
    type: 'INCIDENT_TYPE_UNSPECIFIED',
    severity: 'SEVERITY_UNSPECIFIED',
    reason: '',
    takeOver: false,
    next: 'INCIDENT_STATE_TRIAGE',
    attachTo: '',
  }
}

export async function load(): Promise<void> {
  try {
    const [items, waiting, numbers] = await Promise.all([
      intake.listItems({ pageSize: 200 }),
      incidents.listIncidents({
        pageSize: 200,
        filter: {
          states: ['INCIDENT_STATE_DETECTED', 'INCIDENT_STATE_INTAKE', 'INCIDENT_STATE_TRIAGE'],
          openOnly: true,
        },
      }),
      incidents.countIncidents({ filter: { openOnly: true } }),
    ])
    const before = rows.peek() ?? []
    rows.value = arrange([...(items.items ?? []).map(fromItem), ...(waiting.incidents ?? []).map(fromIncident)])
    counts.value = numbers
    failed.value = null
    news.value = 0
    unseen = []
    own = new Set()
    const stays = rows.value.some((row) => row.key === cursorKey.peek())
    if (!stays) stand(nextKey([...before, ...rows.value], gone(before), cursorKey.peek()) || (rows.value[0]?.key ?? ''))
    else stand(cursorKey.peek())
    selected.value = new Set([...selected.peek()].filter((key) => rows.value?.some((row) => row.key === key)))
  } catch (error) {
    failed.value = error
  }
}

function gone(before: readonly Row[]): Set<string> {
  const there = new Set(rows.peek()?.map((row) => row.key))
  return new Set(before.filter((row) => !there.has(row.key)).map((row) => row.key))
}

export function heard(changes: readonly FeedChangeJson[]): void {
  unseen = [...unseen, ...changes].slice(-1000)
  news.value = countNews(rows.peek() ?? [], unseen, own)
}

// Puts the cursor on a row and begins its decision with what is proposed.
export function stand(key: string): void {
  cursorKey.value = key
  whole.value = null
  const row = current.peek()
  decision.value = {
    ...emptyDecision(),
    type: row?.incident?.incidentType ?? 'INCIDENT_TYPE_UNSPECIFIED',
    severity: row?.severity ?? 'SEVERITY_UNSPECIFIED',
    takeOver: !!row?.incident && !row.incident.handler?.id,
  }
  const id = row?.incident?.id
  if (!id) return
  incidents.getIncident({ id, entryCount: 10 }).then(
    (answer) => {
      if (current.peek()?.id === id && answer.incident)
        whole.value = { incident: answer.incident, entries: answer.entries ?? [] }
    },
    (error) => error instanceof CallError && error.code !== 'not_found' && toastError(error),
  )
}

export function move(step: 1 | -1): void {
  const all = rows.peek() ?? []
  const at = all.findIndex((row) => row.key === cursorKey.peek())
  const to = all[Math.min(Math.max(at + step, 0), all.length - 1)]
  if (to) stand(to.key)
}

export function toggle(key: string): void {
  const next = new Set(selected.peek())
  if (!next.delete(key)) next.add(key)
  selected.value = next
}

export function change(part: Partial<Decision>): void {
  decision.value = { ...decision.peek(), ...part }
}

export const lowers = computed(() => {
  const chosen = severityRank(decision.value.severity)
  return chosen > 0 && targets.value.some((row) => row.incident && severityRank(row.incident.severity) > chosen)
})

// Runs an act once at a time; leaves the list in step with the server whatever came of it.
async function act(run: () => Promise<void>): Promise<void> {
  if (busy.peek() || targets.peek().length === 0) return
  busy.value = true
  for (const row of targets.peek()) own.add(row.id)
  try {
    await run()
    selected.value = new Set()
  } catch (error) {
    toastError(error)
  } finally {
    busy.value = false
    await load()
  }
}

function offerUndo(text: string, run: () => Promise<void>): void {
  undoLast = run
  toast(text, () => void undo())
  setTimeout(() => {
    if (undoLast === run) undoLast = null
  }, 10_000)
}

export async function undo(): Promise<void> {
  const run = undoLast
  undoLast = null
  if (!run) return
  await run().catch(toastError)
  await load()
}

async function triageOne(incident: IncidentJson, made: Decision): Promise<void> {
  const answer = await incidents.triageIncident({
    operationId: uuid(),
    id: incident.id,
    version: incident.version,
    incidentType: made.type,
    severity: made.severity,
    reason: made.reason,
    handlerId: made.takeOver ? me.peek()?.person?.id : undefined,
    toState: made.next,
  })
  const stays = answer.incident?.state === incident.state || made.next === 'INCIDENT_STATE_TRIAGE'
  if (!stays || !incident.severity) {
    toast(t.done(1))
    return
  }
  offerUndo(t.done(1), async () => {
    await incidents.triageIncident({
      operationId: uuid(),
      id: incident.id,
      version: answer.incident?.version,
      incidentType: incident.incidentType,
      severity: incident.severity,
      reason: t.undoReason,
    })
    toast(t.undone)
  })
}

async function triageMany(chosen: readonly Row[], made: Decision): Promise<void> {
  const answer = await incidents.triageIncidents({
    operationId: uuid(),
    ids: chosen.map((row) => row.id),
    decision: {
      incidentType: made.type,
      severity: made.severity,
      reason: made.reason,
      handlerId: made.takeOver ? me.peek()?.person?.id : undefined,
      toState: made.next,
    },
  })
  const refused = (answer.results ?? []).filter((one) => one.error)
  const numbers = refused.map((one) => chosen.find((row) => row.id === one.id)?.incident?.number).join(', ')
  toast(refused.length === 0 ? t.done(chosen.length) : t.doneSome(chosen.length - refused.length, numbers))
}

// Decides: incidents are triaged; alerts become an incident.
export function decide(): Promise<void> {
  const made = decision.peek()
  const reports = targets.peek().filter((row) => row.incident)
  if (reports.length === 0) return promote()
  if (lowers.peek() && made.reason.trim() === '') {
    toast(t.reasonNeeded)
    return Promise.resolve()
  }
  const [first] = reports
  return act(() =>
    reports.length === 1 && first?.incident ? triageOne(first.incident, made) : triageMany(reports, made),
  )
}

async function findNumber(number: string): Promise<string | undefined> {
  if (!number) return undefined
  try {
    return (await incidents.getIncident({ id: number })).incident?.id
  } catch (error) {
    throw error instanceof CallError && error.code === 'not_found'
      ? new CallError('not_found', t.notFoundNumber(number))
      : error
  }
}

export function promote(): Promise<void> {
  const made = decision.peek()
  const items = targets.peek().filter((row) => row.item)
  if (items.length === 0) return Promise.resolve()
  return act(async () => {
    const incidentId = await findNumber(made.attachTo.trim())
    const answer = await intake.promoteItems({
      operationId: uuid(),
      itemIds: items.map((row) => row.id),
      incidentId,
      incidentType: made.type,
      severity: made.severity,
    })
    toast(t.promoted(answer.incident?.number ?? ''))
  })
}

export function dismiss(): Promise<void> {
  const itemIds = targets.peek().flatMap((row) => (row.item ? [row.id] : []))
  if (itemIds.length === 0) return Promise.resolve()
  const reason = decision.peek().reason
  return act(async () => {
    await intake.dismissItems({ operationId: uuid(), itemIds, reason })
    offerUndo(t.dismissed(itemIds.length), async () => {
      await intake.dismissItems({ operationId: uuid(), itemIds, restore: true })
      toast(t.restored)
    })
  })
}
