// SPDX-License-Identifier: Apache-2.0
// A decision: its options as full-width buttons, the default and its timer, and on what ground.
import { secondsUntil, tick } from '../base/clock'
import { useDraft } from '../base/drafts'
import type { MyStep } from '../base/merge'
import type { PlaybookOptionJson } from '../gen/sokuo/v1/playbook_pb'
import { Button } from '../ui/button'
import { TextField } from '../ui/field'
import { decide, nowShort, span } from './act'
import { t, words } from './texts'

function Timer({ step }: { step: MyStep }) {
  tick.value
  const minutes = step.definition?.decision?.timeoutMin ?? 0
  if (!minutes || !step.dueAt) return <p class="small quiet">{t.defaultManual}</p>
  const left = secondsUntil(step.dueAt) + minutes * 60
  return <p class="small">{left > 0 ? t.defaultAt(span(left)) : t.defaultSoon}</p>
}

function Option(props: { option: PlaybookOptionJson; usual: boolean; chosen: boolean; onChoose: () => void }) {
  const { option, usual, chosen, onChoose } = props
  return (
    <label class="option">
      <input type="radio" name="option" checked={chosen} onChange={onChoose} />
      <span>
        <strong>{words(option.text)}</strong>
        {usual && <span class="state">{t.isDefault}</span>}
        {option.adds?.length ? <span class="quiet small block">{t.startsPlans(option.adds.join('、'))}</span> : null}
        {option.closes?.length ? (
          <span class="quiet small block">{t.closesSteps(option.closes.join('、'))}</span>
        ) : null}
      </span>
    </label>
  )
}

export function useDecision(step: MyStep) {
  const draft = useDraft(`step/${step.id}/decide`, { option: '', basis: '', release: '' })
  const form = draft.value.value
  const ready = Boolean(form.option && form.basis.trim())
  const send = async () => {
    if (!ready) return
    const { option, basis, release } = form
    await decide(step, { option, basis: basis.trim(), releaseCondition: release.trim() || undefined })
    await draft.clear()
  }
  return { draft, form, ready, send }
}

type Deciding = ReturnType<typeof useDecision>

export function Decision({ step, deciding }: { step: MyStep; deciding: Deciding }) {
  const { draft, form } = deciding
  const decision = step.definition?.decision
  return (
    <section class="stack decision">
      {words(decision?.question) && <h2>{words(decision?.question)}</h2>}
      <fieldset aria-label={words(decision?.question) || t.decide}>
        {decision?.options?.map((option) => (
          <Option
            key={option.id}
            option={option}
            usual={option.id === decision.defaultOption}
            chosen={option.id === form.option}
            onChoose={() => draft.set({ option: option.id })}
          />
        ))}
      </fieldset>
      <Timer step={step} />
      <TextField
        label={t.basis}
        hint={t.basisHint}
        value={form.basis}
        rows={2}
        maxLength={1000}
        required
        onInput={(basis) => draft.set({ basis })}
      />
      {step.definition?.phase === 'PHASE_CONTAIN' && (
        <TextField
          label={t.release + t.optional}
          hint={t.releaseHint}
          value={form.release}
          rows={2}
          maxLength={500}
          onInput={(release) => draft.set({ release })}
        />
      )}
    </section>
  )
}

export function DecideButton({ step, deciding }: { step: MyStep; deciding: Deciding }) {
  tick.value
  const { form, ready, send } = deciding
  const option = step.definition?.decision?.options?.find((one) => one.id === form.option)
  return (
    <Button look="primary" disabled={!ready} onClick={() => void send()}>
      {option ? t.decideAs(words(option.text), nowShort()) : t.chooseFirst}
    </Button>
  )
}
