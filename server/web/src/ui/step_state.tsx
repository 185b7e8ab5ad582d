// SPDX-License-Identifier: Apache-2.0
// The state of a step: a shape and a word. What nobody has begun is hatched, what is overdue says so.
import type { ComponentChildren } from 'preact'
import { stepStateName } from '../base/labels'
import { t } from '../base/texts'
import type { StepStateJson } from '../gen/sokuo/v1/playbook_pb'
import { Shape } from './badge'

const ring = <circle cx="7" cy="7" r="5.5" fill="none" stroke="currentColor" stroke-width="1.6" />
const SHAPE: Record<StepStateJson, ComponentChildren> = {
  STEP_STATE_UNSPECIFIED: (
    <path d="M5 5a2.2 2.2 0 1 1 3 2c-.8.4-1 .8-1 1.7M7 11.4v1" fill="none" stroke="currentColor" />
  ),
  STEP_STATE_PENDING: (
    <circle cx="7" cy="7" r="5.5" fill="none" stroke="currentColor" stroke-width="1.6" stroke-dasharray="2 2" />
  ),
  STEP_STATE_READY: ring,
  STEP_STATE_IN_PROGRESS: (
    <>
      {ring}
      <path d="M7 1.5a5.5 5.5 0 0 1 0 11z" fill="currentColor" />
    </>
  ),
  STEP_STATE_DONE: <path d="M1.5 7.5 5.5 11.5 12.5 3" fill="none" stroke="currentColor" stroke-width="2.2" />,
  STEP_STATE_SKIPPED: <path d="M2 3l5 4-5 4zM8 3l5 4-5 4z" fill="currentColor" />,
  STEP_STATE_NOT_APPLICABLE: <path d="M2 7h10" fill="none" stroke="currentColor" stroke-width="2.2" />,
  STEP_STATE_BLOCKED: (
    <path d="M1.5 1.5h11v11h-11zM4 4l6 6M10 4l-6 6" fill="none" stroke="currentColor" stroke-width="1.8" />
  ),
}

export function StepState({ value, overdue }: { value: StepStateJson | undefined; overdue?: boolean }) {
  const state = value ?? 'STEP_STATE_UNSPECIFIED'
  return (
    <>
      <span class={`state step-state ${state.slice(11).toLowerCase()}`}>
        <Shape>{SHAPE[state]}</Shape>
        {stepStateName(state)}
      </span>
      {overdue && (
        <span class="state step-state overdue">
          <Shape>
            <path d="M7 1 13.5 13H.5z" fill="currentColor" />
          </Shape>
          {t.isOverdue}
        </span>
      )}
    </>
  )
}
