// SPDX-License-Identifier: Apache-2.0
// All incidents: filters, saved filters, pages.
import { useEffect, useState } from 'preact/hooks'
import { jstShort } from '../base/clock'
import { modeName, severityName, stateName, typeName } from '../base/labels'
import { liveSoon, onLive } from '../base/live'
import { incidents } from '../base/services'
import { me } from '../base/session'
import { t as common } from '../base/texts'
import type { IncidentFilterJson, IncidentJson, SavedFilterJson } from '../gen/sokuo/v1/incident_pb'
import { ModeMark, Severity, StateBadge, Unknown } from '../ui/badge'
import { Button } from '../ui/button'
import { FormDialog } from '../ui/dialog'
import { Chips, Select, TextField } from '../ui/field'
import { type Column, Empty, Loading, Table } from '../ui/parts'
import { ErrorNote, toastError } from '../ui/toast'
import { t } from './texts'

const columns: () => Column<IncidentJson>[] = () => [
  { head: t.number, num: true, cell: (one) => <a href={`/incident/${one.number}`}>{one.number}</a> },
  {
    head: t.title,
    cell: (one) => (
      <>
        <ModeMark mode={one.mode} />
        {one.title}
      </>
    ),
  },
  { head: t.type, cell: (one) => (one.incidentType ? typeName(one.incidentType) : <Unknown />) },
  { head: t.severity, cell: (one) => <Severity value={one.severity} assessed={one.severityAssessed} short /> },
  { head: t.state, cell: (one) => <StateBadge value={one.state} /> },
  { head: t.handler, cell: (one) => one.handler?.name ?? <span class="quiet">{t.unassigned}</span> },
  { head: t.filed, num: true, cell: (one) => one.filedAt && jstShort(one.filedAt) },
  { head: t.updated, num: true, cell: (one) => one.updatedAt && jstShort(one.updatedAt) },
]

interface Page {
  rows: IncidentJson[]
  next: string
}

function useIncidents(filter: IncidentFilterJson) {
  const [page, setPage] = useState<Page | null>(null)
  const [error, setError] = useState<unknown>(null)
  const [news, setNews] = useState(0)
  const load = async (after?: Page) => {
    try {
      const answer = await incidents.listIncidents({ pageSize: 50, pageToken: after?.next, filter })
      setPage({ rows: [...(after?.rows ?? []), ...(answer.incidents ?? [])], next: answer.nextPageToken ?? '' })
      setError(null)
      if (!after) setNews(0)
    } catch (e) {
      setError(e)
    }
  }
  const key = JSON.stringify(filter)
  useEffect(() => {
    setPage(null)
    void liveSoon().then(() => load())
    const changed = new Set<string>()
    return onLive({
      changes: (changes) => {
        for (const change of changes) if (change.stream === 'incident' && change.streamId) changed.add(change.streamId)
        setNews(changed.size)
      },
      reset: () => void load(),
    })
  }, [key])
  return { page, error, news, load }
}

function SavedFilters(props: { filter: IncidentFilterJson; onUse: (filter: IncidentFilterJson) => void }) {
  const [saved, setSaved] = useState<SavedFilterJson[]>([])
  const [naming, setNaming] = useState(false)
  const [name, setName] = useState('')
  const load = () => incidents.listSavedFilters({}).then((answer) => setSaved(answer.savedFilters ?? []), toastError)
  useEffect(() => void load(), [])
  const save = async () => {
    await incidents.saveFilter({ name, filter: props.filter }).catch(toastError)
    setNaming(false)
    await load()
  }
  return (
    <div class="row">
      {saved.map((one) => (
        <span class="saved" key={one.id}>
          <Button look="plain" onClick={() => props.onUse(one.filter ?? {})}>
            {one.name}
          </Button>
          <button
            type="button"
            class="drop"
            aria-label={`${common.remove}: ${one.name}`}
            onClick={() => incidents.deleteFilter({ id: one.id }).then(load, toastError)}
          >
            ×
          </button>
        </span>
      ))}
      <Button look="plain" onClick={() => setNaming(true)}>
        {t.saveFilter}
      </Button>
      {naming && (
        <FormDialog
          title={t.saveFilter}
          submit={common.save}
          disabled={!name.trim()}
          onSubmit={save}
          onClose={() => setNaming(false)}
        >
          <TextField label={t.filterName} required maxLength={60} value={name} onInput={setName} />
        </FormDialog>
      )}
    </div>
  )
}

function Filters({ filter, onChange }: { filter: IncidentFilterJson; onChange: (filter: IncidentFilterJson) => void }) {
  const change = (part: IncidentFilterJson) => onChange({ ...filter, ...part })
  const flags = [filter.openOnly && 'open', filter.unassignedOnly && 'unassigned', filter.handlerId && 'mine'].filter(
    Boolean,
  )
  const flagName: Record<string, string> = { open: t.openOnly, unassigned: t.unassigned, mine: t.mine }
  return (
    <details class="filters card">
      <summary>{t.filter}</summary>
      <div class="stack">
        <Chips
          label={t.filter}
          dense
          options={['open', 'unassigned', 'mine']}
          name={(flag) => flagName[flag]}
          value={flags as string[]}
          onChange={(on) =>
            change({
              openOnly: on.includes('open') || undefined,
              unassignedOnly: on.includes('unassigned') || undefined,
              handlerId: on.includes('mine') ? me.peek()?.person?.id : undefined,
            })
          }
        />
        <Chips
          label={t.severity}
          dense
          options={severityName.keys}
          name={(s) => `${s.slice(-2)} ${severityName(s)}`}
          value={filter.severities ?? []}
          onChange={(severities) => change({ severities })}
        />
        <Chips
          label={t.state}
          dense
          options={stateName.keys}
          name={stateName}
          value={filter.states ?? []}
          onChange={(states) => change({ states })}
        />
        <div class="row">
          <Select
            label={t.type}
            value={filter.incidentTypes?.[0] ?? 'INCIDENT_TYPE_UNSPECIFIED'}
            options={typeName.all}
            name={(type) => (type === 'INCIDENT_TYPE_UNSPECIFIED' ? '—' : typeName(type))}
            onChange={(type) => change({ incidentTypes: type === 'INCIDENT_TYPE_UNSPECIFIED' ? undefined : [type] })}
          />
          <Select
            label={t.mode}
            value={filter.mode ?? 'MODE_REAL'}
            options={modeName.keys}
            name={modeName}
            onChange={(mode) => change({ mode })}
          />
        </div>
      </div>
    </details>
  )
}

export function Board() {
  const [filter, setFilter] = useState<IncidentFilterJson>({ openOnly: true })
  const { page, error, news, load } = useIncidents(filter)
  return (
    <div class="stack">
      <Filters filter={filter} onChange={setFilter} />
      <SavedFilters filter={filter} onUse={setFilter} />
      {news > 0 && (
        <Button class="news" onClick={() => void load()}>
          {t.news(news)}
        </Button>
      )}
      <ErrorNote error={error} onRetry={() => void load()} />
      {!page && !error && <Loading />}
      {page && (
        <div class="board">
          <Table
            caption={t.board}
            columns={columns()}
            rows={page.rows}
            rowKey={(one) => one.id ?? ''}
            empty={
              <Empty title={t.emptyBoard}>
                <p>{t.emptyBoardHint}</p>
              </Empty>
            }
          />
          {page.next && <Button onClick={() => void load(page)}>{common.more}</Button>}
        </div>
      )}
    </div>
  )
}
