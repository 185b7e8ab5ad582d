// SPDX-License-Identifier: Apache-2.0
// What the caller may do with the incident: the next state first, everything else one tap away.
import { useState } from 'preact/hooks'
import { stateName } from '../base/labels'
import type { EntryJson, IncidentJson, PossibleTransitionJson } from '../gen/sokuo/v1/incident_pb'
import { Button } from '../ui/button'
import { CorrectDialog } from './correct'
import {
  AssignDialog,
  ClassifyDialog,
  EditDialog,
  LinkDialog,
  MembersDialog,
  MergeDialog,
  SplitDialog,
  TransitionDialog,
  TriageDialog,
} from './dialogs'
import type { IncidentStore } from './store'
import { t } from './texts'
import { missingName } from './words'

export type Open =
  | { act: 'move'; to: PossibleTransitionJson }
  | { act: 'correct'; entry: EntryJson }
  | { act: 'triage' | 'assign' | 'edit' | 'classify' | 'members' | 'link' | 'merge' | 'split' }

// What the dialog itself asks for does not stand in the way.
const ASKED = ['REASON', 'OBSERVATION']
const ORDER = [
  'DETECTED',
  'INTAKE',
  'TRIAGE',
  'HANDLING_LOCAL',
  'ACTIVATED',
  'CONTAINMENT',
  'ERADICATION',
  'RECOVERY',
  'MONITORING',
  'CLOSED',
]
const place = (state: string | undefined) => ORDER.indexOf((state ?? '').replace('INCIDENT_STATE_', ''))

export function isBack(from: string | undefined, to: string | undefined): boolean {
  return place(to) >= 0 && place(to) < place(from)
}

// Waits for its first judgement: that is the next act, not a move.
function untriaged(incident: IncidentJson): boolean {
  return incident.state === 'INCIDENT_STATE_DETECTED' || incident.state === 'INCIDENT_STATE_INTAKE'
}

function Moves({ incident, onOpen }: { incident: IncidentJson; onOpen: (open: Open) => void }) {
  const moves = (incident.possibleTransitions ?? []).filter((move) => move.permitted)
  if (moves.length === 0)
    return <p class="small">{incident.possibleTransitions?.length ? t.noMoves : t.noMovesAtAll}</p>
  const blocked = (move: PossibleTransitionJson) => (move.missing ?? []).filter((word) => !ASKED.includes(word))
  const sorted = [...moves].sort((a, b) => blocked(a).length - blocked(b).length)
  return (
    <ul class="moves">
      {sorted.map((move, i) => {
        const missing = blocked(move)
        const name = stateName(move.to)
        return (
          <li key={move.to}>
            <Button
              look={i === 0 && missing.length === 0 ? 'primary' : 'normal'}
              disabled={missing.length > 0}
              onClick={() => onOpen({ act: 'move', to: move })}
            >
              {isBack(incident.state, move.to) ? t.backTo(name) : t.moveTo(name)}
            </Button>
            {missing.length > 0 && <p class="small quiet">{t.missing(missing.map(missingName).join('、'))}</p>}
          </li>
        )
      })}
    </ul>
  )
}

export function Acts({ store, onOpen }: { store: IncidentStore; onOpen: (open: Open) => void }) {
  const incident = store.incident.value
  if (!incident) return null
  const may = (act: string) => incident.allowedActs?.includes(act) ?? false
  const button = (
    act: 'triage' | 'assign' | 'edit' | 'classify' | 'members' | 'link' | 'merge' | 'split',
    label: string,
  ) => <Button onClick={() => onOpen({ act })}>{label}</Button>
  return (
    <section class="stack acts no-print">
      <h2>{t.acts}</h2>
      {untriaged(incident) && may('TRIAGE') ? (
        <Button look="primary" onClick={() => onOpen({ act: 'triage' })}>
          {t.triage}
        </Button>
      ) : (
        <Moves incident={incident} onOpen={onOpen} />
      )}
      {(incident.allowedActs?.length ?? 0) > 0 && (
        <details class="more">
          <summary>{t.otherActs}</summary>
          <div class="others">
            {may('TRIAGE') && !untriaged(incident) && button('triage', t.triage)}
            {may('ASSIGN') && button('assign', t.assign)}
            {may('EDIT') && button('edit', t.editFacts)}
            {may('EDIT') && button('link', t.link)}
            {may('CLASSIFY') && button('classify', t.classify)}
            {may('CLASSIFY') && button('members', t.members)}
            {may('MERGE') && button('merge', t.merge)}
            {may('MERGE') && button('split', t.split)}
          </div>
        </details>
      )}
    </section>
  )
}

export function OpenDialog({ store, open, onClose }: { store: IncidentStore; open: Open; onClose: () => void }) {
  // The dialog works on the incident as it was when it opened; a newer version is told apart by the server.
  const [incident] = useState(store.incident.peek())
  if (!incident) return null
  const same = { store, incident, onClose }
  switch (open.act) {
    case 'correct':
      return <CorrectDialog store={store} entry={open.entry} onClose={onClose} />
    case 'move':
      return <TransitionDialog {...same} move={open.to} />
    case 'triage':
      return <TriageDialog {...same} />
    case 'assign':
      return <AssignDialog {...same} />
    case 'edit':
      return <EditDialog {...same} />
    case 'classify':
      return <ClassifyDialog {...same} />
    case 'members':
      return <MembersDialog {...same} />
    case 'link':
      return <LinkDialog {...same} />
    case 'merge':
      return <MergeDialog {...same} />
    case 'split':
      return <SplitDialog {...same} />
  }
}
