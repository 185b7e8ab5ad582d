// SPDX-License-Identifier: Apache-2.0
// Small parts of the step screens: due time, state, people.
import type { ComponentChildren } from 'preact'
import { jstShort, secondsUntil, tick } from '../base/clock'
import { stepStateName } from '../base/labels'
import { isClosed, type MyStep } from '../base/merge'
import type { AttributionJson } from '../gen/sokuo/v1/common_pb'
import type { StepStateJson } from '../gen/sokuo/v1/playbook_pb'
import { Shape } from '../ui/badge'
import { Time } from '../ui/time'
import { span } from './act'
import { t } from './texts'

const ring = <circle cx="7" cy="7" r="5.5" fill="none" stroke="currentColor" stroke-width="1.6" />
const FACE: Record<StepStateJson, ComponentChildren> = {
  STEP_STATE_UNSPECIFIED: <path d="M5 5.5a2.5 2.5 0 1 1 3.4 2.3c-.8.4-1 .8-1 1.7M7.4 12v.6" class="stroke" />,
  STEP_STATE_PENDING: <circle cx="7" cy="7" r="5.5" class="stroke" stroke-dasharray="3 2" />,
  STEP_STATE_READY: ring,
  STEP_STATE_IN_PROGRESS: (
    <>
      {ring}
      <path d="M7 1.5a5.5 5.5 0 0 1 0 11z" fill="currentColor" />
    </>
  ),
  STEP_STATE_DONE: <path d="M1.5 7.5 5.5 11.5 12.5 3" class="stroke" stroke-width="2.2" />,
  STEP_STATE_SKIPPED: <path d="M2 3l5 4-5 4zM8 3l5 4-5 4z" fill="currentColor" />,
  STEP_STATE_NOT_APPLICABLE: <path d="M2 7h10" class="stroke" stroke-width="2.2" />,
  STEP_STATE_BLOCKED: <path d="M1.5 1.5h11v11h-11zM4.5 4.5l5 5M9.5 4.5l-5 5" class="stroke" />,
}

// A shape and a word; what waits to be sent says so.
export function State({ value, waiting }: { value: StepStateJson | undefined; waiting?: boolean }) {
  const state = value ?? 'STEP_STATE_UNSPECIFIED'
  return (
    <span class="state step-state">
      <Shape>{FACE[state]}</Shape>
      {stepStateName(state)}
      {waiting && ` · ${t.notSentYet}`}
    </span>
  )
}

// 期限 02:55 (あと3分), or ⚠ 12分 超過 in words, a sign and colour.
export function Due({ step, plain }: { step: MyStep; plain?: boolean }) {
  tick.value
  if (!step.dueAt) return <span class="unknown">{t.noDue}</span>
  const left = secondsUntil(step.dueAt)
  const over = left < 0 && !isClosed(step)
  return (
    <span class={`due num ${over ? 'over' : ''}`}>
      {!plain && `${t.due} `}
      <Time at={step.dueAt} />{' '}
      {!isClosed(step) && <strong>{over ? `⚠ ${t.over(span(left))}` : `(${t.left(span(left))})`}</strong>}
    </span>
  )
}

// The person and their post, or what there is.
export function who(by: AttributionJson | undefined): string {
  return [by?.personName, by?.postName && `(${by.postName})`].filter(Boolean).join(' ') || t.someone
}

export function at(time: string | undefined): string {
  return time ? jstShort(time) : ''
}
