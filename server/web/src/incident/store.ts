// SPDX-License-Identifier: Apache-2.0
// One incident on the screen: loaded whole, then kept up by the live feed. An entry appears once, whatever brings it
// (load, feed, own answer), and what arrives while a person reads or types waits until it is asked for.
import { type Signal, signal } from '@preact/signals'
import { fold } from '../base/fold'
import { certaintyName, entryKindName, meansName } from '../base/labels'
import { liveSoon, onLive } from '../base/live'
import { incidents } from '../base/services'
import type { EntryJson, EntryKindJson, IncidentJson } from '../gen/sokuo/v1/incident_pb'
import type { FeedChangeJson } from '../gen/sokuo/v1/sync_pb'

const FIRST = 100
const PAGE = 500

export interface IncidentStore {
  incident: Signal<IncidentJson | null>
  // Newest first.
  entries: Signal<EntryJson[]>
  // Arrived while the person was reading or typing.
  held: Signal<EntryJson[]>
  // Everything is loaded.
  complete: Signal<boolean>
  error: Signal<unknown>
  // Set while nothing may move under the person's finger.
  reading: Signal<boolean>
  load(): Promise<void>
  // Shows what was held.
  release(): void
  // Takes an entry of one's own: it appears at once.
  own(entry: EntryJson): void
  // Takes the answer of an act.
  took(incident: IncidentJson | undefined): void
  close(): void
}

// Puts entries into a list by seq, newest first; a correction strikes through what it corrects.
export function merged(list: readonly EntryJson[], more: readonly EntryJson[]): EntryJson[] {
  const bySeq = new Map(list.map((entry) => [entry.seq ?? 0, entry]))
  for (const entry of more) {
    const old = bySeq.get(entry.seq ?? 0)
    bySeq.set(entry.seq ?? 0, old?.correctedById && !entry.correctedById ? old : entry)
  }
  const out = [...bySeq.values()].sort((a, b) => (b.seq ?? 0) - (a.seq ?? 0))
  const corrections = new Map(out.filter((e) => e.correctsId).map((e) => [e.correctsId, e.id]))
  return out.map((e) =>
    !e.correctedById && corrections.has(e.id) ? { ...e, correctedById: corrections.get(e.id) } : e,
  )
}

const folded = new WeakMap<EntryJson, string>()
function haystack(entry: EntryJson): string {
  let text = folded.get(entry)
  if (text === undefined) {
    const words = [entry.text, entry.sender, entry.receiver, entry.by?.personName, entry.by?.postName]
    const named = [entryKindName(entry.kind), meansName(entry.means), certaintyName(entry.certainty)]
    text = fold([...words, ...named].filter(Boolean).join(' '))
    folded.set(entry, text)
  }
  return text
}

// The entries of these kinds that hold all the words; no kind and no word let all through.
export function filtered(entries: readonly EntryJson[], kinds: readonly EntryKindJson[], query: string): EntryJson[] {
  const words = fold(query).split(/\s+/).filter(Boolean)
  return entries.filter((entry) => {
    if (kinds.length && !kinds.includes(entry.kind ?? 'ENTRY_KIND_INFORMATION')) return false
    if (words.length === 0) return true
    const text = haystack(entry)
    return words.every((word) => text.includes(word))
  })
}

const highest = (list: readonly EntryJson[]) => list[0]?.seq ?? 0

// Opens the incident with this id or number.
export function openIncident(id: string): IncidentStore {
  const incident = signal<IncidentJson | null>(null)
  const entries = signal<EntryJson[]>([])
  const held = signal<EntryJson[]>([])
  const complete = signal(false)
  const error = signal<unknown>(null)
  const reading = signal(false)
  let closed = false
  let loading: Promise<void> | undefined
  let refresh: ReturnType<typeof setTimeout> | undefined

  const whole = async (): Promise<void> => {
    const first = await incidents.getIncident({ id, entryCount: FIRST })
    if (closed) return
    incident.value = first.incident ?? null
    entries.value = merged(entries.peek(), first.entries ?? [])
    error.value = null
    let pageToken = first.nextPageToken
    while (pageToken && !closed) {
      const page = await incidents.listEntries({ incidentId: first.incident?.id, pageSize: PAGE, pageToken })
      entries.value = merged(entries.peek(), page.entries ?? [])
      pageToken = page.nextPageToken
    }
    complete.value = true
  }

  const load = (): Promise<void> => {
    loading ??= whole()
      .catch((e) => {
        error.value = e
      })
      .finally(() => {
        loading = undefined
      })
    return loading
  }

  // What the caller may do now is not in the feed: ask for it, once for a burst of changes.
  const ask = () => {
    clearTimeout(refresh)
    refresh = setTimeout(async () => {
      const answer = await incidents.getIncident({ id, entryCount: 1 }).catch(() => null)
      if (answer?.incident && !closed) store.took(answer.incident)
    }, 250)
  }

  const changes = (list: FeedChangeJson[]) => {
    const ours = list.filter((change) => change.streamId === incident.peek()?.id)
    const fresh = ours.flatMap((change) => (change.entry ? [change.entry] : []))
    const known = Math.max(highest(entries.peek()), highest(held.peek()))
    const first = Math.min(...fresh.map((entry) => entry.seq ?? 0))
    if (fresh.length && complete.peek() && first > known + 1) void load()
    if (reading.peek()) {
      const seen = new Set(entries.peek().map((entry) => entry.seq))
      held.value = merged(
        held.peek(),
        fresh.filter((entry) => !seen.has(entry.seq)),
      )
    } else if (fresh.length) entries.value = merged(entries.peek(), fresh)
    const newest = Math.max(0, ...ours.map((change) => change.version ?? 0))
    if (newest > (incident.peek()?.version ?? 0)) {
      if (ours.some((change) => change.kind !== 'entry.added' && change.kind !== 'entry.corrected')) ask()
      else incident.value = { ...incident.peek(), version: newest }
    }
  }

  const store: IncidentStore = {
    incident,
    entries,
    held,
    complete,
    error,
    reading,
    load,
    release() {
      entries.value = merged(entries.peek(), held.peek())
      held.value = []
    },
    own(entry) {
      held.value = held.peek().filter((one) => one.seq !== entry.seq)
      entries.value = merged(entries.peek(), [entry])
    },
    took(next) {
      if (next && (next.version ?? 0) >= (incident.peek()?.version ?? 0)) incident.value = next
    },
    close() {
      closed = true
      clearTimeout(refresh)
      end()
    },
  }
  const end = onLive({ changes, reset: () => void load() })
  void liveSoon().then(() => (closed ? undefined : load()))
  return store
}
