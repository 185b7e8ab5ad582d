// SPDX-License-Identifier: Apache-2.0
// Finding incidents by two characters or more, in titles, descriptions and chronologies.
import { useEffect, useRef, useState } from 'preact/hooks'
import { useTitle } from '../base/bar'
import { fold } from '../base/fold'
import { navigate, type ScreenProps } from '../base/router'
import { incidents } from '../base/services'
import { t as common } from '../base/texts'
import type { SearchHitJson } from '../gen/sokuo/v1/incident_pb'
import { ModeMark, Severity, StateBadge } from '../ui/badge'
import { Button } from '../ui/button'
import { Empty } from '../ui/parts'
import { Time } from '../ui/time'
import { ErrorNote } from '../ui/toast'
import { t } from './texts'
import './incident.css'

// The pieces of a text, each with whether it is one of the words; width, case and kana do not matter.
export function marked(text: string, query: string): { text: string; hit: boolean }[] {
  const words = fold(query).split(/\s+/).filter(Boolean)
  const chars = [...text]
  const plain = chars.map(fold)
  const hit = new Array<boolean>(chars.length).fill(false)
  for (const word of words) {
    for (let i = 0; i < chars.length; i++) {
      let joined = ''
      let end = i
      while (end < chars.length && joined.length < word.length) joined += plain[end++]
      if (joined.startsWith(word)) hit.fill(true, i, end)
    }
  }
  const out: { text: string; hit: boolean }[] = []
  chars.forEach((char, i) => {
    const last = out.at(-1)
    if (last && last.hit === hit[i]) last.text += char
    else out.push({ text: char, hit: hit[i] ?? false })
  })
  return out
}

function Hit({ hit, query }: { hit: SearchHitJson; query: string }) {
  const incident = hit.incident ?? {}
  return (
    <a class="item" href={`/incident/${incident.number}`}>
      <span class="row">
        <Severity value={incident.severity} assessed={incident.severityAssessed ?? false} short />
        <StateBadge value={incident.state} />
        <span class="num quiet small">{incident.number}</span>
      </span>
      <span class="title">
        <ModeMark mode={incident.mode} />
        {incident.title}
      </span>
      <span class="small">
        {hit.entry && (
          <>
            {t.inEntry} <Time at={hit.entry.occurredAt} />:{' '}
          </>
        )}
        {marked(hit.snippet ?? '', query).map((piece, i) =>
          piece.hit ? <mark key={i}>{piece.text}</mark> : piece.text,
        )}
      </span>
    </a>
  )
}

export default function Search({ query: address }: ScreenProps) {
  useTitle(t.searchTitle)
  const [query, setQuery] = useState(address.get('q') ?? '')
  const [drill, setDrill] = useState(address.get('mode') === 'exercise')
  const [hits, setHits] = useState<SearchHitJson[] | null>(null)
  const [next, setNext] = useState('')
  const [error, setError] = useState<unknown>()
  const stop = useRef<AbortController | undefined>(undefined)
  const words = query.trim()
  const enough = [...words.replace(/\s/g, '')].length >= 2

  const find = async (pageToken = '') => {
    stop.current?.abort()
    const mine = new AbortController()
    stop.current = mine
    setError(undefined)
    try {
      const mode = drill ? 'MODE_EXERCISE' : 'MODE_REAL'
      const answer = await incidents.searchIncidents({ query: words, pageToken, mode }, { signal: mine.signal })
      setHits((before) => [...((pageToken && before) || []), ...(answer.hits ?? [])])
      setNext(answer.nextPageToken ?? '')
    } catch (e) {
      if (!mine.signal.aborted) setError(e)
    }
  }

  useEffect(() => {
    if (!enough) return setHits(null)
    const timer = setTimeout(() => {
      navigate(`/search?q=${encodeURIComponent(words)}${drill ? '&mode=exercise' : ''}`, 'replace')
      void find()
    }, 250)
    return () => clearTimeout(timer)
  }, [words, drill])

  return (
    <search class="page narrow stack">
      <h1>{t.searchTitle}</h1>
      <div class="field">
        <input
          class="input"
          type="search"
          aria-label={t.searchTitle}
          aria-describedby="search-hint"
          placeholder={common.search2}
          maxLength={100}
          value={query}
          // biome-ignore lint/a11y/noAutofocus: the screen has one field
          autoFocus
          onInput={(event) => setQuery(event.currentTarget.value)}
        />
        <p class="hint below" id="search-hint">
          {t.searchHint}
        </p>
      </div>
      <label class="check">
        <input type="checkbox" checked={drill} onChange={(event) => setDrill(event.currentTarget.checked)} />
        {t.exerciseToo}
      </label>
      <ErrorNote error={error} onRetry={() => void find()} />
      {hits === null && !error && <Empty title={t.searchBegin} />}
      {hits?.length === 0 && (
        <Empty title={t.searchNone}>
          <p>{t.searchNoneHint}</p>
        </Empty>
      )}
      {hits && hits.length > 0 && (
        <ul class="list">
          {hits.map((hit, i) => (
            <li key={`${hit.incident?.id}/${hit.entry?.id ?? i}`}>
              <Hit hit={hit} query={words} />
            </li>
          ))}
        </ul>
      )}
      {next && <Button onClick={() => void find(next)}>{common.more}</Button>}
    </search>
  )
}
