// SPDX-License-Identifier: Apache-2.0
// What somebody of the security team does with a step of others: record it, decide, approve afterwards.
import { useState } from 'preact/hooks'
import { fromInput } from '../base/clock'
import { useDraft } from '../base/drafts'
import { names } from '../base/labels'
import { steps } from '../base/services'
import { t as common } from '../base/texts'
import type { RefJson } from '../gen/sokuo/v1/common_pb'
import type { PlaybookOptionJson, PlaybookStepJson, StepBriefJson } from '../gen/sokuo/v1/playbook_pb'
import type { StepActJson, StepOutcomeJson } from '../gen/sokuo/v1/step_pb'
import { Severity } from '../ui/badge'
import { Button, HoldButton } from '../ui/button'
import { Dialog, FormDialog } from '../ui/dialog'
import { Chips, TextField } from '../ui/field'
import { PersonPick } from '../ui/picks'
import { ErrorNote, toast } from '../ui/toast'
import { useSend } from './send'
import { t } from './texts'
import { say } from './words'

export const actName = names<StepActJson>({
  STEP_ACT_UNSPECIFIED: ['', ''],
  STEP_ACT_DONE: ['完了にする', 'Done'],
  STEP_ACT_START: ['着手する', 'Begin'],
  STEP_ACT_SKIP: ['省略する', 'Skip'],
  STEP_ACT_NOT_APPLICABLE: ['該当なし', 'Not applicable'],
  STEP_ACT_BLOCK: ['できない', 'Cannot'],
  STEP_ACT_HAND_OVER: ['引き継ぐ', 'Hand over'],
  STEP_ACT_TAKE: ['代わりに引き受ける', 'Take it over'],
  STEP_ACT_UNDO: ['取り消す', 'Take back'],
  STEP_ACT_NOTE: ['メモだけ残す', 'Only a note'],
})

const CLOSED = ['STEP_STATE_DONE', 'STEP_STATE_SKIPPED', 'STEP_STATE_NOT_APPLICABLE']
export const isClosedState = (state: string | undefined) => CLOSED.includes(state ?? '')

// The acts a state leaves open; what is finished can only be noted to or taken back.
export function actsFor(state: string | undefined): StepActJson[] {
  if (isClosedState(state)) return ['STEP_ACT_NOTE', 'STEP_ACT_UNDO']
  const all = actName.keys.filter((act) => act !== 'STEP_ACT_UNDO')
  if (state === 'STEP_STATE_IN_PROGRESS') return all.filter((act) => act !== 'STEP_ACT_START')
  return state === 'STEP_STATE_BLOCKED' ? [...all, 'STEP_ACT_UNDO'] : all
}

export const needsReason = (act: StepActJson) =>
  act === 'STEP_ACT_SKIP' || act === 'STEP_ACT_BLOCK' || act === 'STEP_ACT_UNDO'

// Says what became of a report that went otherwise than expected.
export function tellOutcome(outcome: StepOutcomeJson | undefined): void {
  const told: Partial<Record<StepOutcomeJson, string>> = {
    STEP_OUTCOME_CONFIRMED: t.confirmed,
    STEP_OUTCOME_ALTHOUGH_DROPPED: t.althoughDropped,
    STEP_OUTCOME_DIFFERED: t.differed,
  }
  toast(told[outcome ?? 'STEP_OUTCOME_CHANGED'] ?? t.recorded)
}

export interface StepTarget {
  step: PlaybookStepJson
  place: StepBriefJson
}

interface ActProps extends StepTarget {
  onClose: () => void
  onDone: () => void
}

const EMPTY = { at: '', name: '', note: '', reason: '', to: '', text: '', receipt: '', paper: '' }

function NoticeFields(props: { form: typeof EMPTY; set: (part: Partial<typeof EMPTY>) => void }) {
  const { form, set } = props
  return (
    <>
      <div class="paired">
        <TextField label={t.noticeTo} required maxLength={200} value={form.to} onInput={(to) => set({ to })} />
        <TextField
          label={t.receiptNo}
          required
          maxLength={100}
          value={form.receipt}
          onInput={(receipt) => set({ receipt })}
        />
      </div>
      <TextField
        label={t.noticeText}
        required
        rows={2}
        maxLength={4000}
        value={form.text}
        onInput={(text) => set({ text })}
      />
    </>
  )
}

// Records for somebody else, with the time and the name written on their paper.
export function RecordDialog({ step, place, onClose, onDone }: ActProps) {
  const acts = actsFor(place.state)
  const [act, setAct] = useState<StepActJson>(acts[0] ?? 'STEP_ACT_NOTE')
  const [person, setPerson] = useState<RefJson | null>(null)
  const draft = useDraft(`record/${place.id}`, EMPTY)
  const form = draft.value.value
  const send = useSend()
  const finishes = act === 'STEP_ACT_DONE'
  const notice = finishes && step.notice
  const ready =
    (!needsReason(act) || form.reason.trim() !== '') &&
    (act !== 'STEP_ACT_HAND_OVER' || person !== null) &&
    (!notice || Boolean(form.to.trim() && form.receipt.trim() && form.text.trim()))
  const record = () =>
    send.run(async (operationId) => {
      const answer = await steps.updateStep({
        operationId,
        stepId: place.id,
        version: place.version,
        act,
        occurredAt: fromInput(form.at),
        reason: form.reason.trim() || undefined,
        note: form.note.trim() || undefined,
        notice: notice ? { to: form.to.trim(), text: form.text.trim(), receiptNo: form.receipt.trim() } : undefined,
        paperLocation: form.paper.trim() || undefined,
        toPersonId: person?.id,
        doneByName: form.name.trim() || undefined,
      })
      await draft.clear()
      tellOutcome(answer.outcome)
      onDone()
      onClose()
    })
  return (
    <FormDialog
      title={t.actTitle(step.no ?? '')}
      submit={actName(act)}
      busy={send.busy}
      error={send.error}
      disabled={!ready}
      onClose={onClose}
      onSubmit={() => void record()}
    >
      <p class="strong">
        {say(step.text)} <span class="quiet">{place.place?.name}</span>
      </p>
      <Chips
        label={t.entryResult}
        single
        dense
        options={acts}
        name={actName}
        value={[act]}
        onChange={([next]) => setAct(next ?? act)}
      />
      {needsReason(act) && (
        <TextField
          label={common.reason}
          required
          rows={2}
          maxLength={500}
          value={form.reason}
          onInput={(reason) => draft.set({ reason })}
        />
      )}
      {act === 'STEP_ACT_HAND_OVER' && <PersonPick label={t.handTo} value={person} onChange={setPerson} />}
      {notice && <NoticeFields form={form} set={draft.set} />}
      <div class="paired">
        <TextField
          label={t.happenedAt}
          hint={t.happenedAtHint}
          type="datetime-local"
          value={form.at}
          onInput={(at) => draft.set({ at })}
        />
        <TextField
          label={t.doneBy}
          hint={t.doneByHint}
          maxLength={100}
          value={form.name}
          onInput={(name) => draft.set({ name })}
        />
      </div>
      <TextField label={t.note} rows={2} maxLength={4000} value={form.note} onInput={(note) => draft.set({ note })} />
      {finishes && (
        <TextField label={t.paper} maxLength={200} value={form.paper} onInput={(paper) => draft.set({ paper })} />
      )}
    </FormDialog>
  )
}

// What follows from an option, in words: severity, plans, steps that fall away.
export function OptionEffects({ option }: { option: PlaybookOptionJson }) {
  const adds = option.adds ?? []
  const closes = option.closes ?? []
  return (
    <>
      {option.severity && option.severity !== 'SEVERITY_UNSPECIFIED' && <Severity value={option.severity} short />}
      {adds.length > 0 && <span class="small"> ＋{adds.join('・')}</span>}
      {closes.length > 0 && <span class="small quiet"> ✕ {closes.join('・')}</span>}
    </>
  )
}

// Large: it starts plans, closes a branch or raises the severity.
export function isLarge(option: PlaybookOptionJson | undefined): boolean {
  return Boolean(option?.adds?.length || option?.closes?.length || option?.severity)
}

const NO_DECISION = { option: '', basis: '', at: '', name: '', release: '' }

export function DecideDialog({ step, place, onClose, onDone }: ActProps) {
  const draft = useDraft(`decide/${place.id}`, NO_DECISION)
  const form = draft.value.value
  const send = useSend()
  const options = step.decision?.options ?? []
  const option = options.find((one) => one.id === form.option)
  const contains = step.phase === 'PHASE_CONTAIN'
  const ready = option !== undefined && form.basis.trim() !== ''
  const decide = () =>
    send.run(async (operationId) => {
      const answer = await steps.decideStep({
        operationId,
        stepId: place.id,
        option: form.option,
        basis: form.basis.trim(),
        occurredAt: fromInput(form.at),
        doneByName: form.name.trim() || undefined,
        releaseCondition: form.release.trim() || undefined,
      })
      await draft.clear()
      tellOutcome(answer.outcome)
      if (answer.adds?.length) toast(t.addsPlans(answer.adds.join('・')))
      onDone()
      onClose()
    })
  return (
    <Dialog title={`${step.no} ${say(step.decision?.question) || say(step.text)}`} onClose={onClose}>
      <fieldset class="options" aria-label={t.options}>
        {options.map((one) => (
          <label key={one.id} class="check option">
            <input
              type="radio"
              name="option"
              checked={one.id === form.option}
              onChange={() => draft.set({ option: one.id })}
            />
            <span>
              {say(one.text)}
              {one.id === step.decision?.defaultOption && <span class="small quiet"> ({t.defaultOption})</span>}{' '}
              <OptionEffects option={one} />
            </span>
          </label>
        ))}
      </fieldset>
      <TextField
        label={t.basis}
        required
        rows={2}
        maxLength={1000}
        value={form.basis}
        onInput={(basis) => draft.set({ basis })}
      />
      {contains && (
        <TextField
          label={t.release}
          maxLength={500}
          value={form.release}
          onInput={(release) => draft.set({ release })}
        />
      )}
      <div class="paired">
        <TextField
          label={t.happenedAt}
          hint={t.happenedAtHint}
          type="datetime-local"
          value={form.at}
          onInput={(at) => draft.set({ at })}
        />
        <TextField
          label={t.decider}
          hint={t.doneByHint}
          maxLength={100}
          value={form.name}
          onInput={(name) => draft.set({ name })}
        />
      </div>
      <ErrorNote error={send.error} />
      <div class="acts">
        <Button onClick={onClose}>{common.cancel}</Button>
        {isLarge(option) ? (
          <HoldButton busy={send.busy || !ready} onHeld={() => void decide()}>
            {t.decideHold}
          </HoldButton>
        ) : (
          <Button look="solid" busy={send.busy} disabled={!ready} onClick={() => void decide()}>
            {t.decide}
          </Button>
        )}
      </div>
    </Dialog>
  )
}

// 事後承認: what was done first is approved, or objected to with a reason.
export function RatifyDialog({ step, place, onClose, onDone }: ActProps) {
  const [reason, setReason] = useState('')
  const send = useSend()
  const ratify = (approve: boolean) =>
    send.run(async (operationId) => {
      await steps.ratifyStep({ operationId, stepId: place.id, approve, reason: reason.trim() || undefined })
      toast(approve ? t.ratified : t.objected)
      onDone()
      onClose()
    })
  return (
    <Dialog title={`${t.ratify} ${step.no}`} onClose={onClose}>
      <p class="strong">
        {say(step.text)} <span class="quiet">{place.place?.name}</span>
      </p>
      <Done place={place} step={step} />
      <TextField
        label={common.reason}
        hint={t.objectHint}
        rows={2}
        maxLength={500}
        value={reason}
        onInput={setReason}
      />
      <ErrorNote error={send.error} />
      <div class="acts">
        <Button onClick={onClose}>{common.cancel}</Button>
        <Button look="danger" busy={send.busy} disabled={!reason.trim()} onClick={() => void ratify(false)}>
          {t.object}
        </Button>
        <Button look="solid" busy={send.busy} onClick={() => void ratify(true)}>
          {t.approve}
        </Button>
      </div>
    </Dialog>
  )
}

// What was chosen on what ground by whom.
export function Done({ step, place }: StepTarget) {
  const option = step.decision?.options?.find((one) => one.id === place.chosenOption)
  if (!place.chosenOption) return null
  return (
    <p class="small">
      <span class="quiet">{t.chosen}:</span> <strong>{option ? say(option.text) : place.chosenOption}</strong>
      {place.basis && ` — ${t.basis}: ${place.basis}`}
      {place.decidedByDefault && <span class="late-mark"> ▲ {t.byDefault}</span>}
    </p>
  )
}
