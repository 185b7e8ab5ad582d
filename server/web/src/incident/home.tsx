// SPDX-License-Identifier: Apache-2.0
// The phone's first screen: report, what I handle, what is new.
import { useEffect, useState } from 'preact/hooks'
import { useTitle } from '../base/bar'
import { read } from '../base/db'
import { liveSoon, liveState, onLive } from '../base/live'
import { waitingCount } from '../base/outbox'
import { CallError } from '../base/rpc'
import { incidents } from '../base/services'
import { me } from '../base/session'
import { openSteps, overdueCount } from '../base/steps'
import { t as common } from '../base/texts'
import type { IncidentJson } from '../gen/sokuo/v1/incident_pb'
import type { FeedChangeJson } from '../gen/sokuo/v1/sync_pb'
import { Button } from '../ui/button'
import { Empty, Loading } from '../ui/parts'
import { ErrorNote } from '../ui/toast'
import { IncidentList } from './row'
import { t } from './texts'
import './incident.css'

const LATEST = 20

// Puts what has changed into a list that is on the screen; a new incident of the real mode comes to the top.
export function changed(list: IncidentJson[], changes: FeedChangeJson[]): IncidentJson[] {
  let out = list
  for (const { incident } of changes) {
    if (!incident?.id) continue
    const at = out.findIndex((one) => one.id === incident.id)
    if (at >= 0 && (out[at]!.version ?? 0) <= (incident.version ?? 0))
      out = [...out.slice(0, at), incident, ...out.slice(at + 1)]
    else if (at < 0 && (incident.mode ?? 'MODE_REAL') === 'MODE_REAL') out = [incident, ...out]
  }
  return out
}

// The list cannot be had: why, and what can be done all the same. The band above says since when.
function NotHere({ onRetry }: { onRetry: () => void }) {
  return (
    <Empty title={common.cutNothing}>
      <p>{common.cutWhy}</p>
      <p>{common.cutFile}</p>
      <Button onClick={onRetry}>{common.retry}</Button>
    </Empty>
  )
}

export default function Home() {
  useTitle('')
  const [mine, setMine] = useState<IncidentJson[]>([])
  const [latest, setLatest] = useState<IncidentJson[] | null>(null)
  const [error, setError] = useState<unknown>()
  const [draft, setDraft] = useState(false)

  const load = async () => {
    setError(undefined)
    try {
      const handlerId = me.peek()?.person?.id
      const [own, all] = await Promise.all([
        handlerId ? incidents.listIncidents({ pageSize: LATEST, filter: { handlerId, openOnly: true } }) : null,
        incidents.listIncidents({ pageSize: LATEST }),
      ])
      setMine(own?.incidents ?? [])
      setLatest(all.incidents ?? [])
    } catch (e) {
      setError(e)
    }
  }

  useEffect(() => {
    let gone = false
    const end = onLive({
      changes(changes) {
        setLatest((list) => list && changed(list, changes))
        setMine((list) =>
          changed(
            list,
            changes.filter((c) => list.some((one) => one.id === c.incident?.id)),
          ),
        )
      },
      reset: () => void load(),
    })
    void liveSoon().then(() => (gone ? undefined : load()))
    void read<{ title?: string; description?: string }>('drafts', `${me.peek()?.accountId ?? ''}/file`).then((found) =>
      setDraft(Boolean(found?.title || found?.description)),
    )
    return () => {
      gone = true
      end()
    }
  }, [])

  // The connection is back: what could not be loaded is.
  const live = liveState.value === 'live'
  const unreached = error instanceof CallError && error.offline
  useEffect(() => void (live && unreached && load()), [live, unreached])

  return (
    <div class="page narrow stack home">
      <h1 class="hidden-text">{common.home}</h1>
      {waitingCount.value > 0 && (
        <p class="note warn">
          <a href="/outbox">{common.waiting(waitingCount.value)}</a>
        </p>
      )}
      {openSteps.value.length > 0 && (
        <a class="button my-steps" href="/steps">
          {common.mySteps(openSteps.value.length)}
          {overdueCount.value > 0 && <span class="over">⚠ {common.overdue(overdueCount.value)}</span>}
          <span aria-hidden="true">›</span>
        </a>
      )}
      <ErrorNote error={unreached ? null : error} onRetry={load} />
      {mine.length > 0 && (
        <section class="stack">
          <h2>{t.mine}</h2>
          <IncidentList incidents={mine} />
        </section>
      )}
      <section class="stack">
        <h2>{t.latest}</h2>
        {latest === null ? (
          unreached ? (
            <NotHere onRetry={load} />
          ) : (
            !error && <Loading />
          )
        ) : latest.length === 0 ? (
          <Empty title={t.latestEmpty}>
            <p>{t.latestEmptyHint}</p>
          </Empty>
        ) : (
          <IncidentList incidents={latest} />
        )}
      </section>
      <div class="thumb">
        <p class="small quiet">{draft ? t.draftWaits : t.fileWhen}</p>
        <a class="button primary" href="/file">
          {t.fileBig}
        </a>
      </div>
    </div>
  )
}
