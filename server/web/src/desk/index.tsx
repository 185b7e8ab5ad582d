// SPDX-License-Identifier: Apache-2.0
// The desk of the security team: what needs a decision.
import { useTitle } from '../base/bar'
import type { ScreenProps } from '../base/router'
import { Severity } from '../ui/badge'
import { lazy } from '../ui/lazy'
import { Board } from './board'
import './desk.css'
import { heldCount, maySettle, useHeld } from './held_store'
import { h } from './held_texts'
import { counts } from './store'
import { t } from './texts'
import { Triage } from './triage'

const Held = lazy(() => import('./held'))

// Operations of shut devices that wait for somebody to settle them.
function HeldTab({ here }: { here: boolean }) {
  useHeld()
  const n = heldCount.value
  return (
    <a class="tab" href="/desk/held" aria-current={here ? 'page' : undefined}>
      {h.title}
      {n > 0 && (
        <span class="count over">
          <span aria-hidden="true">{n}</span>
          <span class="hidden-text"> {h.count(n)}</span>
        </span>
      )}
    </a>
  )
}

function Numbers() {
  const numbers = counts.value
  if (!numbers) return null
  return (
    <ul class="numbers">
      <li class={numbers.unassigned ? 'strong' : ''}>
        {t.unassigned} <span class="num">{numbers.unassigned ?? 0}</span>
      </li>
      <li class={numbers.triageOverdue ? 'strong late' : ''}>
        {t.overdue} <span class="num">{numbers.triageOverdue ?? 0}</span>
      </li>
      {(numbers.severities ?? []).map((one) => (
        <li key={one.severity}>
          <Severity value={one.severity} short /> <span class="num">{one.count}</span>
        </li>
      ))}
    </ul>
  )
}

export default function Desk({ params }: ScreenProps) {
  const onBoard = params['*'] === 'board'
  const onHeld = params['*'] === 'held' && maySettle.value
  const title = onHeld ? h.title : onBoard ? t.board : t.triage
  useTitle(title)
  const tab = (to: string, name: string, here: boolean) => (
    <a class="tab" href={to} aria-current={here ? 'page' : undefined}>
      {name}
    </a>
  )
  return (
    <div class="page desk">
      <div class="desk-head">
        <h1 class="hidden-text">{title}</h1>
        <nav class="tabs no-print" aria-label={t.triage}>
          {tab('/desk', t.triage, !onBoard && !onHeld)}
          {tab('/desk/board', t.board, onBoard)}
          {tab('/runs', t.runs, false)}
          {maySettle.value && <HeldTab here={onHeld} />}
        </nav>
        <Numbers />
      </div>
      {onHeld ? <Held /> : onBoard ? <Board /> : <Triage />}
    </div>
  )
}
