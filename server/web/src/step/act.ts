// SPDX-License-Identifier: Apache-2.0
// What a person does to a step, as operations of the device's queue.
import { jstShort, serverNow } from '../base/clock'
import type { MyStep } from '../base/merge'
import { type OutboxItem, offline, outboxAdd } from '../base/outbox'
import { mySteps } from '../base/steps'
import type { DecideStepRequestJson, StepActJson, UpdateStepRequestJson } from '../gen/sokuo/v1/step_pb'
import { toast } from '../ui/toast'
import { t, words } from './texts'

// 07 ネットワークを遮断する
export function nameOf(step: MyStep): string {
  return [step.definition?.no, words(step.definition?.text)].filter(Boolean).join(' ')
}

export function mayDo(step: MyStep, act: string): boolean {
  return step.allowedActs?.includes(act) ?? false
}

// The evidence or the paper that the step asks for is there.
export function hasEvidence(step: MyStep): boolean {
  return (step.evidence?.length ?? 0) > 0 || Boolean(step.paperLocation)
}

// Finishing needs more than a press.
export function needsMore(step: MyStep): boolean {
  return Boolean(step.definition?.notice) || (step.definition?.evidence === true && !hasEvidence(step))
}

export type Said = Partial<Omit<UpdateStepRequestJson, 'act' | 'stepId' | 'operationId'>>

export async function update(step: MyStep, act: StepActJson, said: Said = {}, about = nameOf(step)) {
  const insists = act === 'STEP_ACT_UNDO' || act === 'STEP_ACT_HAND_OVER'
  const request = { stepId: step.id, act, ...(insists ? { version: step.version } : {}), ...said }
  const item = await outboxAdd('updateStep', request as Record<string, unknown>, { about })
  const undo = () => void takeBack(step.id!, t.pressedByMistake)
  if (offline.peek()) toast(t.keptToast, act === 'STEP_ACT_DONE' ? undo : undefined)
  else if (act === 'STEP_ACT_DONE') toast(t.doneToast, undo)
  else toast(t.recordedToast)
  return item
}

// Undoes what is on the screen now, whatever version that has become.
async function takeBack(id: string, reason: string): Promise<void> {
  const step = mySteps.peek()?.find((one) => one.id === id)
  if (step) await update(step, 'STEP_ACT_UNDO', { reason })
}

export async function decide(step: MyStep, said: Partial<DecideStepRequestJson>): Promise<OutboxItem> {
  const request = { stepId: step.id, ...said } as Record<string, unknown>
  const item = await outboxAdd('decideStep', request, { about: nameOf(step) })
  toast(offline.peek() ? t.keptToast : t.recordedToast)
  return item
}

const DAY = 86_400

// 3分, 2時間10分, 4日: minutes are enough to act by.
export function span(seconds: number): string {
  const s = Math.abs(seconds)
  if (s >= 2 * DAY) return t.days(Math.floor(s / DAY))
  if (s >= 3600) return t.hours(Math.floor(s / 3600), Math.floor((s % 3600) / 60))
  return t.minutes(Math.floor(s / 60))
}

export function optionName(step: MyStep, id: string | undefined): string {
  return words(step.definition?.decision?.options?.find((one) => one.id === id)?.text) || (id ?? '')
}

export const nowShort = () => jstShort(serverNow())
