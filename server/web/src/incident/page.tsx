// SPDX-License-Identifier: Apache-2.0
// One incident: head, what to do next, what is known, and the chronology as it moves.
import { useEffect, useMemo, useState } from 'preact/hooks'
import { useBarIncident, useTitle } from '../base/bar'
import { cityNeeded } from '../base/city'
import { jstFull, serverNow } from '../base/clock'
import type { ScreenProps } from '../base/router'
import { CallError } from '../base/rpc'
import { me } from '../base/session'
import { t as common } from '../base/texts'
import { lazy } from '../ui/lazy'
import { Loading } from '../ui/parts'
import { ErrorNote } from '../ui/toast'
import { Acts, type Open, OpenDialog } from './acts'
import { Chronology } from './chronology'
import { EntryBox } from './entry_box'
import { Facts, Links } from './facts_view'
import { IncidentHead } from './head'
import { openIncident } from './store'
import { t } from './texts'
import './incident.css'
import './page.css'

const CommandPanel = lazy(() => import('../command/panel'))
const RunsPanel = lazy(() => import('../playbook/panel'))

const wide = () => matchMedia('(min-width: 900px)').matches

function PrintFoot() {
  return <p class="print-only small">{t.printedAt(jstFull(serverNow()), me.value?.person?.name ?? '')}</p>
}

export default function IncidentPage({ params }: ScreenProps) {
  const id = params.id ?? ''
  const store = useMemo(() => openIncident(id), [id])
  useEffect(() => () => store.close(), [store])
  useEffect(cityNeeded, [])
  const [open, setOpen] = useState<Open | null>(null)
  const incident = store.incident.value
  const error = store.error.value
  useTitle(incident ? `${incident.number} ${incident.title}` : '')
  useBarIncident(incident)

  if (!incident) {
    if (error instanceof CallError && error.code === 'not_found') {
      return (
        <div class="page narrow">
          <h1>{common.notFound}</h1>
          <p>{common.notFoundHint}</p>
        </div>
      )
    }
    return <div class="page">{error ? <ErrorNote error={error} onRetry={() => void store.load()} /> : <Loading />}</div>
  }
  const mayWrite = incident.allowedActs?.includes('ADD_ENTRY') ?? false
  return (
    <article class="page incident">
      <IncidentHead incident={incident} />
      {Boolean(error) && <ErrorNote error={error} onRetry={() => void store.load()} />}
      <div class="columns">
        <div class="side stack">
          <Acts store={store} onOpen={setOpen} />
          <CommandPanel incident={incident} />
          <RunsPanel incident={incident} />
          <a class="button no-print" href={`/custody/${incident.number}`}>
            {t.custody}
          </a>
          <details class="more" open={wide()}>
            <summary>
              <h2>{t.facts}</h2>
            </summary>
            <Facts incident={incident} />
          </details>
          <details class="more" open={wide() || Boolean(incident.links?.length)}>
            <summary>
              <h2>{t.links}</h2>
            </summary>
            <Links incident={incident} />
          </details>
        </div>
        <section class="main-column">
          <h2>{t.chronology}</h2>
          {mayWrite && <EntryBox store={store} />}
          <Chronology store={store} onCorrect={mayWrite ? (entry) => setOpen({ act: 'correct', entry }) : undefined} />
        </section>
      </div>
      <PrintFoot />
      {open && <OpenDialog key={open.act} store={store} open={open} onClose={() => setOpen(null)} />}
    </article>
  )
}
