// SPDX-License-Identifier: Apache-2.0
// The desk of the security team: what needs a decision.
import { useTitle } from '../base/bar'
import type { ScreenProps } from '../base/router'
import { Severity } from '../ui/badge'
import { Board } from './board'
import './desk.css'
import { counts } from './store'
import { t } from './texts'
import { Triage } from './triage'

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
  useTitle(onBoard ? t.board : t.triage)
  const tab = (to: string, name: string, here: boolean) => (
    <a class="tab" href={to} aria-current={here ? 'page' : undefined}>
      {name}
    </a>
  )
  return (
    <div class="page desk">
      <div class="desk-head">
        <h1 class="hidden-text">{onBoard ? t.board : t.triage}</h1>
        <nav class="tabs no-print" aria-label={t.triage}>
          {tab('/desk', t.triage, !onBoard)}
          {tab('/desk/board', t.board, onBoard)}
          {tab('/runs', t.runs, false)}
        </nav>
        <Numbers />
      </div>
      {onBoard ? <Board /> : <Triage />}
    </div>
  )
}
