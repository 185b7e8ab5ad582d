// SPDX-License-Identifier: Apache-2.0
// The chronology: newest first, two times, means, certainty, who. Filters answer at each keystroke also over thousands
// of entries, because only what is near the eye is drawn.
import { useSignal } from '@preact/signals'
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { jstFull, jstShort } from '../base/clock'
import { capacityName, certaintyName, entryKindName, meansName } from '../base/labels'
import { outbox, refusalOf } from '../base/outbox'
import { t as common } from '../base/texts'
import type { ChangeJson, EntryJson, EntryKindJson, IncidentLinkJson } from '../gen/sokuo/v1/incident_pb'
import { Button } from '../ui/button'
import { Chips } from '../ui/field'
import { MeansIcon } from '../ui/means'
import { Empty, Loading } from '../ui/parts'
import { filtered, type IncidentStore } from './store'
import { t } from './texts'
import { changeName, changeText } from './words'

const STEP = 100

function Who({ entry }: { entry: EntryJson }) {
  const scribe = entry.by?.capacity === 'CAPACITY_SCRIBE'
  const capacity = entry.by?.capacity === 'CAPACITY_ACTING' ? `(${capacityName(entry.by.capacity)})` : ''
  return (
    <span class="who small quiet">
      {scribe && `${t.onBehalf} `}
      {[entry.by?.postName && entry.by.postName + capacity, entry.by?.personName].filter(Boolean).join(' ')}
    </span>
  )
}

function Times({ entry }: { entry: EntryJson }) {
  const at = entry.occurredAt ?? entry.recordedAt ?? ''
  const late = Math.abs(Date.parse(entry.recordedAt ?? '') - Date.parse(at)) >= 60_000
  return (
    <span class="times num">
      <time dateTime={at} title={jstFull(at)}>
        <span class="no-print">{jstShort(at)}</span>
        <span class="print-inline">{jstFull(at)}</span>
      </time>
      {late && entry.recordedAt && (
        <span class="small quiet" title={jstFull(entry.recordedAt)}>
          {t.recorded(jstShort(entry.recordedAt))}
        </span>
      )}
    </span>
  )
}

interface RowProps {
  entry: EntryJson
  corrects: EntryJson | undefined
  // Ties of the incident to those the reader may see: changes name others by id.
  links: readonly IncidentLinkJson[] | undefined
}

// Which step and which option are for programs: the text of the entry says them in words.
const isForPeople = (change: ChangeJson) => change.field !== 'stepId' && change.field !== 'option'

function Body({ entry, corrects, links }: RowProps) {
  const isChange = entry.kind === 'ENTRY_KIND_CHANGE'
  const { sender, receiver } = entry
  const route =
    sender && receiver ? `${sender} → ${receiver}` : sender ? t.from(sender) : receiver ? t.to(receiver) : ''
  const text = entry.text || (entry.correctsId ? t.withdrawn : '')
  return (
    <div class="body">
      {route && <span class="route small">{route}</span>}
      {entry.correctsId && (
        <p class="small">
          {corrects?.seq ? t.correctionOf(corrects.seq, entry.reason ?? '') : t.correctionPlain(entry.reason ?? '')}
        </p>
      )}
      {text && (entry.correctedById ? <s class="pre">{text}</s> : <p class="pre">{text}</p>)}
      {isChange &&
        entry.changes?.filter(isForPeople).map((change, i) => {
          const { field, before, after } = changeText(change, links)
          return (
            <p key={i} class="small change">
              {t.changed(field, before, after)}
            </p>
          )
        })}
      {isChange && entry.reason && <p class="pre">{t.because(entry.reason)}</p>}
    </div>
  )
}

function Row(props: RowProps & { onCorrect?: (entry: EntryJson) => void }) {
  const { entry } = props
  const isChange = entry.kind === 'ENTRY_KIND_CHANGE'
  const sure = entry.certainty && entry.certainty !== 'CERTAINTY_UNSPECIFIED'
  return (
    <li class={`entry ${isChange ? 'of-change' : ''} ${entry.correctedById ? 'struck' : ''}`} id={`e${entry.seq}`}>
      <Times entry={entry} />
      <span class="marks">
        <span class={`kind k-${entry.kind}`}>
          {isChange && entry.changeKind ? changeName(entry.changeKind) : entryKindName(entry.kind)}
        </span>
        {!isChange && <MeansIcon means={entry.means} label={meansName(entry.means)} />}
        {sure && <span class={`sure ${entry.certainty}`}>{certaintyName(entry.certainty)}</span>}
        {entry.correctedById && <span class="sure">{t.corrected}</span>}
      </span>
      <Body entry={entry} corrects={props.corrects} links={props.links} />
      <span class="foot">
        <Who entry={entry} />
        {props.onCorrect && !isChange && !entry.correctedById && (
          <button type="button" class="correct no-print" onClick={() => props.onCorrect?.(entry)}>
            {t.correct}
          </button>
        )}
      </span>
    </li>
  )
}

// Entries of one's own that are still on the way.
function Pending({ incidentId }: { incidentId: string }) {
  const items = outbox.value.filter(
    (item) => item.kind === 'addEntry' && item.request.incidentId === incidentId && item.state !== 'sent',
  )
  return (
    <>
      {[...items].reverse().map((item) => (
        <li key={item.operationId} class="entry pending">
          <span class="times num">{jstShort(item.createdAt)}</span>
          <span class="marks">
            <span class="sure">{item.state === 'refused' ? t.isRefused : t.pending}</span>
          </span>
          <div class="body">
            <p class="pre">{String(item.request.text ?? '')}</p>
            {item.refusal && <p class="small">{refusalOf(item)}</p>}
          </div>
        </li>
      ))}
    </>
  )
}

// True while the head of the list is in view: then new entries may come in by themselves.
function useInView() {
  const ref = useRef<HTMLDivElement>(null)
  const inView = useSignal(true)
  useEffect(() => {
    const watch = new IntersectionObserver(([seen]) => {
      inView.value = seen?.isIntersecting ?? true
    })
    if (ref.current) watch.observe(ref.current)
    return () => watch.disconnect()
  }, [])
  return { ref, inView }
}

// Draws more as the end of what is drawn comes near; everything for print.
function useWindow(total: number, key: unknown) {
  const [limit, setLimit] = useState(STEP)
  const end = useRef<HTMLDivElement>(null)
  useEffect(() => setLimit(STEP), [key])
  useEffect(() => {
    const watch = new IntersectionObserver(
      ([seen]) => {
        if (seen?.isIntersecting) setLimit((n) => (n < total ? n + STEP : n))
      },
      { rootMargin: '1200px' },
    )
    if (end.current) watch.observe(end.current)
    const all = () => setLimit(Number.POSITIVE_INFINITY)
    addEventListener('beforeprint', all)
    return () => {
      watch.disconnect()
      removeEventListener('beforeprint', all)
    }
  }, [total, limit >= total])
  return { limit, end }
}

export function Chronology({ store, onCorrect }: { store: IncidentStore; onCorrect?: (entry: EntryJson) => void }) {
  const [kinds, setKinds] = useState<EntryKindJson[]>([])
  const [query, setQuery] = useState('')
  const entries = store.entries.value
  const shown = useMemo(() => filtered(entries, kinds, query), [entries, kinds, query])
  const byId = useMemo(() => new Map(entries.map((entry) => [entry.id, entry])), [entries])
  const { limit, end } = useWindow(shown.length, `${kinds.join()}/${query}`)
  const { ref, inView } = useInView()
  const typing = useSignal(false)

  useEffect(() => {
    const onFocus = () => {
      const at = document.activeElement
      typing.value = Boolean(at?.matches('textarea, input') && at.closest('.entry-box, dialog'))
    }
    document.addEventListener('focusin', onFocus)
    document.addEventListener('focusout', onFocus)
    return () => {
      document.removeEventListener('focusin', onFocus)
      document.removeEventListener('focusout', onFocus)
    }
  }, [])
  store.reading.value = !inView.value || typing.value

  const release = () => {
    store.release()
    ref.current?.scrollIntoView({ block: 'start' })
  }
  const number = (n: number) => n.toLocaleString('ja-JP')
  const total = entries[0]?.seq ?? entries.length
  return (
    <div class="chronology">
      <div ref={ref} class="chrono-top" />
      <div class="filters no-print">
        <Chips
          label={t.filterKinds}
          dense
          options={entryKindName.keys}
          name={entryKindName}
          value={kinds}
          onChange={setKinds}
        />
        <div class="row">
          <input
            class="input grow"
            type="search"
            aria-label={t.filterText}
            placeholder={t.filterText}
            value={query}
            onInput={(event) => setQuery(event.currentTarget.value)}
          />
          <span class="small quiet num" role="status">
            {t.shownOf(number(shown.length), number(total))}
            {!store.complete.value && ` · ${t.loadingRest}`}
          </span>
        </div>
      </div>
      {store.held.value.length > 0 && (
        <button type="button" class="button solid fresh no-print" onClick={release}>
          {t.newEntries(store.held.value.length)}
        </button>
      )}
      {shown.length === 0 && store.complete.value && entries.length > 0 && (
        <Empty title={t.noFit}>
          <Button
            onClick={() => {
              setKinds([])
              setQuery('')
            }}
          >
            {t.showAll}
          </Button>
        </Empty>
      )}
      {entries.length === 0 &&
        (store.complete.value ? (
          <Empty title={t.noEntries}>
            <p>{t.noEntriesHint}</p>
          </Empty>
        ) : (
          <Loading />
        ))}
      <ol class="entries" aria-label={t.chronology}>
        <Pending incidentId={store.incident.value?.id ?? ''} />
        {shown.slice(0, limit).map((entry) => (
          <Row
            key={entry.id ?? entry.seq}
            entry={entry}
            corrects={entry.correctsId ? byId.get(entry.correctsId) : undefined}
            links={store.incident.value?.links}
            onCorrect={onCorrect}
          />
        ))}
      </ol>
      <div ref={end} />
      {limit < shown.length && <p class="quiet small">{common.loading}</p>}
    </div>
  )
}
