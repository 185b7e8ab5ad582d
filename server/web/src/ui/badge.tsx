// SPDX-License-Identifier: Apache-2.0
// Severity and state: a shape and a word, so that grey print and colour-blind eyes tell them apart.
import type { ComponentChildren } from 'preact'
import { severityName, stateName } from '../base/labels'
import { t } from '../base/texts'
import type { ModeJson } from '../gen/sokuo/v1/common_pb'
import type { IncidentStateJson, SeverityJson } from '../gen/sokuo/v1/incident_pb'

const SEVERITY_SHAPE: Record<SeverityJson, ComponentChildren> = {
  SEVERITY_UNSPECIFIED: (
    <path
      d="M5 5.5a2.5 2.5 0 1 1 3.4 2.3c-.8.4-1 .8-1 1.7M7.4 12v.6"
      fill="none"
      stroke="currentColor"
      stroke-width="1.8"
    />
  ),
  SEVERITY_S0: <circle cx="7" cy="7" r="5" fill="none" stroke="currentColor" stroke-width="2" />,
  SEVERITY_S1: (
    <>
      <circle cx="7" cy="7" r="5" fill="none" stroke="currentColor" stroke-width="2" />
      <path d="M7 2v5h5A5 5 0 0 0 7 2" fill="currentColor" />
    </>
  ),
  SEVERITY_S2: (
    <>
      <circle cx="7" cy="7" r="5" fill="none" stroke="currentColor" stroke-width="2" />
      <path d="M7 2a5 5 0 0 1 0 10z" fill="currentColor" />
    </>
  ),
  SEVERITY_S3: <path d="M7 1.5 13.5 12.5H.5z" fill="currentColor" />,
  SEVERITY_S4: <path d="M7 0 14 7 7 14 0 7z" fill="currentColor" />,
}

export function Shape({ children }: { children: ComponentChildren }) {
  return (
    <svg viewBox="0 0 14 14" width="14" height="14" aria-hidden="true" focusable="false">
      {children}
    </svg>
  )
}

// S3▲ 重大. short: without the word. assessed=false: a person has not judged it yet.
export function Severity(props: { value: SeverityJson | undefined; assessed?: boolean; short?: boolean }) {
  const value = props.value ?? 'SEVERITY_UNSPECIFIED'
  const letter = value === 'SEVERITY_UNSPECIFIED' ? '' : value.slice(-2)
  return (
    <span class={`badge ${letter ? letter.toLowerCase() : 'none'}`}>
      <Shape>{SEVERITY_SHAPE[value]}</Shape>
      {letter}
      {(!props.short || !letter) && ` ${severityName(value)}`}
      {letter && props.assessed === false && <span class="provisional">{t.provisional}</span>}
    </span>
  )
}

const ring = <circle cx="7" cy="7" r="5.5" fill="none" stroke="currentColor" stroke-width="1.6" />
const STATE_SHAPE: Record<IncidentStateJson, ComponentChildren> = {
  INCIDENT_STATE_UNSPECIFIED: SEVERITY_SHAPE.SEVERITY_UNSPECIFIED,
  INCIDENT_STATE_DETECTED: (
    <circle cx="7" cy="7" r="5.5" fill="none" stroke="currentColor" stroke-width="1.6" stroke-dasharray="3 2" />
  ),
  INCIDENT_STATE_INTAKE: ring,
  INCIDENT_STATE_TRIAGE: (
    <>
      {ring}
      <path d="M7 4v6M4 7h6" stroke="currentColor" stroke-width="1.6" />
    </>
  ),
  INCIDENT_STATE_HANDLING_LOCAL: (
    <>
      {ring}
      <circle cx="7" cy="7" r="2.5" fill="currentColor" />
    </>
  ),
  INCIDENT_STATE_ACTIVATED: <path d="M8 0 2 8h4l-1 6 7-8.5H8z" fill="currentColor" />,
  INCIDENT_STATE_CONTAINMENT: (
    <path d="M1.5 1.5h11v11h-11zM5 5h4v4H5z" fill="none" stroke="currentColor" stroke-width="1.8" />
  ),
  INCIDENT_STATE_ERADICATION: <path d="M2 2l10 10M12 2 2 12" stroke="currentColor" stroke-width="2.2" />,
  INCIDENT_STATE_RECOVERY: <path d="M2 12 12 2M5 2h7v7" fill="none" stroke="currentColor" stroke-width="2" />,
  INCIDENT_STATE_MONITORING: (
    <>
      {ring}
      <path d="M7 3.5V7l2.5 2" fill="none" stroke="currentColor" stroke-width="1.6" />
    </>
  ),
  INCIDENT_STATE_CLOSED: <path d="M1.5 7.5 5.5 11.5 12.5 3" fill="none" stroke="currentColor" stroke-width="2.2" />,
  INCIDENT_STATE_CLOSED_FALSE: (
    <>
      {ring}
      <path d="M3 11 11 3" stroke="currentColor" stroke-width="1.6" />
    </>
  ),
  INCIDENT_STATE_REVIEW: (
    <path d="M2 1.5h10v11H2zM4.5 5h5M4.5 8.5h5" fill="none" stroke="currentColor" stroke-width="1.6" />
  ),
  INCIDENT_STATE_ARCHIVED: (
    <path d="M1 2h12v3.5H1zM2 5.5v7h10v-7M5.5 8h3" fill="none" stroke="currentColor" stroke-width="1.6" />
  ),
  INCIDENT_STATE_MERGED: (
    <path d="M2 2v3c0 3 3 3 5 3h5M9 5l3.5 3L9 11" fill="none" stroke="currentColor" stroke-width="1.8" />
  ),
}

export function StateBadge({ value }: { value: IncidentStateJson | undefined }) {
  const state = value ?? 'INCIDENT_STATE_UNSPECIFIED'
  return (
    <span class="state">
      <Shape>{STATE_SHAPE[state]}</Shape>
      {stateName(state)}
    </span>
  )
}

// 【訓練】 or 【試験】; nothing for the real thing.
export function ModeMark({ mode }: { mode: ModeJson | undefined }) {
  if (mode === 'MODE_EXERCISE') return <span class="exercise-mark">【{t.exercise}】</span>
  if (mode === 'MODE_TEST') return <span class="exercise-mark">【{t.test}】</span>
  return null
}

// 「不明」 with its own face: never blank, never 0.
export function Unknown() {
  return <span class="unknown">{t.unknown}</span>
}
