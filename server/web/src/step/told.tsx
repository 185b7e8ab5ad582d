// SPDX-License-Identifier: Apache-2.0
// What became otherwise than expected, in plain words, until the person has read it.

import { stepStateName } from '../base/labels'
import { type OutboxItem, outboxRead, outboxRemove, outboxRetry, refusalOf, unreadItems } from '../base/outbox'
import type { TakeCommandResponseJson } from '../gen/sokuo/v1/command_pb'
import type { AnswerEscalationResponseJson } from '../gen/sokuo/v1/escalation_pb'
import type { DecideStepResponseJson, StepJson } from '../gen/sokuo/v1/step_pb'
import { Button } from '../ui/button'
import { nameOf, optionName } from './act'
import { at, who } from './parts'
import { t } from './texts'

function theirs(step: StepJson): string {
  return step.chosenOption ? optionName(step, step.chosenOption) : stepStateName(step.state)
}

// One item in words.
export function inWords(item: OutboxItem): string {
  const answer = (item.answer ?? {}) as DecideStepResponseJson
  const step = answer.step ?? {}
  const name = answer.step ? nameOf(step) : (item.about ?? '')
  if (item.state === 'refused') return t.toldRefused(name, refusalOf(item))
  if (item.kind === 'takeCommand')
    return t.toldTwo(name, who((item.answer as TakeCommandResponseJson | undefined)?.command?.by))
  if (item.kind === 'answerEscalation') {
    const call = (item.answer as AnswerEscalationResponseJson | undefined)?.escalation
    return t.toldLate(name, call?.phase === 'ESCALATION_PHASE_STOPPED' || !call?.answeredBy ? '' : who(call.answeredBy))
  }
  if (answer.outcome === 'STEP_OUTCOME_CONFIRMED')
    return t.toldConfirmed(name, who(step.doneBy), at(step.doneAt), at(String(item.request.occurredAt)))
  if (answer.outcome === 'STEP_OUTCOME_ALTHOUGH_DROPPED') return t.toldAlthough(name)
  if (answer.outcome === 'STEP_OUTCOME_DIFFERED') return t.toldDiffered(name, theirs(step))
  return t.toldAdds(name, (answer.adds ?? []).join('、'))
}

export function Told({ stepId }: { stepId?: string }) {
  const items = unreadItems.value.filter(
    (item) => item.kind !== 'fileIncident' && (!stepId || item.request.stepId === stepId),
  )
  if (items.length === 0) return null
  return (
    <section class="told stack" aria-label={t.told}>
      {items.map((item) => (
        <div class={`note ${item.state === 'refused' ? 'error' : 'warn'}`} role="status" key={item.operationId}>
          <p>{inWords(item)}</p>
          <div class="row">
            <Button onClick={() => void outboxRead(item)}>{t.read}</Button>
            {item.state === 'refused' && (
              <>
                <Button onClick={() => void outboxRetry(item)}>{t.again}</Button>
                <Button look="danger" onClick={() => void outboxRemove(item)}>
                  {t.throwAway}
                </Button>
              </>
            )}
          </div>
        </div>
      ))}
    </section>
  )
}
