// SPDX-License-Identifier: Apache-2.0
// Questions over a step: a reason, a person, and what finishing needs besides a press.
import { useState } from 'preact/hooks'
import { fromInput, serverNow, toInput } from '../base/clock'
import { useDraft } from '../base/drafts'
import type { MyStep } from '../base/merge'
import { offline } from '../base/outbox'
import { me } from '../base/session'
import { t as common } from '../base/texts'
import type { StepActJson } from '../gen/sokuo/v1/step_pb'
import { Button } from '../ui/button'
import { Dialog, FormDialog } from '../ui/dialog'
import { TextField } from '../ui/field'
import { PersonPick } from '../ui/picks'
import { hasEvidence, mayDo, type Said, update } from './act'
import { EvidenceList, PhotoButton } from './photo'
import { t } from './texts'

interface Props {
  step: MyStep
  onClose: () => void
}

interface ReasonProps extends Props {
  act: StepActJson
  title: string
  hint?: string
  submit: string
  label?: string
  // Which field of the request it becomes.
  as?: 'reason' | 'note'
  optional?: boolean
}

// One text, kept as a draft, then the act.
export function ReasonDialog({ step, onClose, act, title, hint, submit, label, as = 'reason', optional }: ReasonProps) {
  const draft = useDraft(`step/${step.id}/${act}`, { text: '' })
  const { text } = draft.value.value
  const send = async () => {
    await update(step, act, text.trim() ? { [as]: text.trim() } : {})
    await draft.clear()
    onClose()
  }
  return (
    <FormDialog
      title={title}
      submit={submit}
      onClose={onClose}
      onSubmit={() => void send()}
      disabled={!optional && !text.trim()}
    >
      <TextField
        label={label ?? t.reason}
        hint={hint}
        value={text}
        rows={3}
        maxLength={as === 'note' ? 4000 : 500}
        required={!optional}
        onInput={(value) => draft.set({ text: value })}
      />
    </FormDialog>
  )
}

export function HandDialog({ step, onClose }: Props) {
  const [person, setPerson] = useState<{ id?: string; name?: string } | null>(null)
  const send = async () => {
    await update(step, 'STEP_ACT_HAND_OVER', { toPersonId: person?.id }, person?.name)
    onClose()
  }
  return (
    <FormDialog
      title={t.handTitle}
      submit={person ? t.handDo(person.name ?? '') : t.handOver}
      disabled={!person}
      onClose={onClose}
      onSubmit={() => void send()}
    >
      {offline.value && <p class="note warn">{t.handOffline}</p>}
      <PersonPick label={t.handTitle} hint={t.handHint} value={person} onChange={setPerson} />
    </FormDialog>
  )
}

const EMPTY = { when: '', reason: '', to: '', text: '', receipt: '', paper: '', note: '' }

// Finishing with a corrected time, a notice to somebody outside, or evidence.
export function FinishDialog({ step, onClose }: Props) {
  const opened = useState(() => toInput(serverNow()))[0]
  const draft = useDraft(`step/${step.id}/done`, EMPTY)
  const form = draft.value.value
  const when = form.when || opened
  const moved = when !== opened
  const { notice, evidence } = step.definition ?? {}
  const to = form.to || step.notice?.to || (notice?.to?.ja ?? '')
  const lacks =
    (moved && (!form.reason.trim() || !fromInput(when))) ||
    (notice && !(to.trim() && form.text.trim() && form.receipt.trim())) ||
    (evidence && !hasEvidence(step) && !form.paper.trim())
  const send = async () => {
    const said: Said = { note: form.note.trim() || undefined, paperLocation: form.paper.trim() || undefined }
    if (moved) Object.assign(said, { occurredAt: fromInput(when), reason: form.reason.trim() })
    if (notice) said.notice = { to: to.trim(), text: form.text.trim(), receiptNo: form.receipt.trim() }
    if (step.evidence?.length) said.evidenceIds = step.evidence.map((one) => one.id ?? '').slice(-50)
    await update(step, 'STEP_ACT_DONE', said)
    await draft.clear()
    onClose()
  }
  const field = (name: keyof typeof EMPTY) => ({
    value: form[name],
    onInput: (value: string) => draft.set({ [name]: value }),
  })
  return (
    <FormDialog
      title={t.doneTitle}
      submit={t.doneShort}
      disabled={Boolean(lacks)}
      onClose={onClose}
      onSubmit={() => void send()}
    >
      {notice && (
        <>
          <p class="small">{t.noticeNeeded}</p>
          <TextField {...field('to')} label={t.noticeTo} value={to} maxLength={200} required />
          <TextField {...field('text')} label={t.noticeText} rows={3} maxLength={4000} required />
          <TextField {...field('receipt')} label={t.noticeReceipt} maxLength={100} required />
        </>
      )}
      {evidence && (
        <>
          <p class="small">{t.evidenceNeeded}</p>
          <EvidenceList step={step} />
          <PhotoButton stepId={step.id!} />
          {!step.paperLocation && <TextField {...field('paper')} label={t.paper} hint={t.paperHint} maxLength={200} />}
        </>
      )}
      <TextField {...field('when')} label={t.timeLabel} value={when} type="datetime-local" />
      {moved && (
        <TextField {...field('reason')} label={t.timeReason} hint={t.timeReasonHint} maxLength={500} required />
      )}
      <TextField {...field('note')} label={t.noteLabel + t.optional} rows={2} maxLength={4000} />
    </FormDialog>
  )
}

export type Question = 'finish' | 'block' | 'hand' | 'skip' | 'na' | 'undo' | 'note' | 'other'

// Everything that is done seldom, behind one button.
function OtherDialog({ step, onClose, ask }: Props & { ask: (question: Question) => void }) {
  const act = (to: StepActJson) => {
    void update(step, to)
    onClose()
  }
  return (
    <Dialog title={t.other} onClose={onClose}>
      <div class="stack column">
        {mayDo(step, 'DONE') && <Button onClick={() => ask('finish')}>{t.fixTime}</Button>}
        {mayDo(step, 'START') && <Button onClick={() => act('STEP_ACT_START')}>{t.start}</Button>}
        {mayDo(step, 'TAKE') && step.person?.id !== me.value?.person?.id && (
          <Button onClick={() => act('STEP_ACT_TAKE')}>{t.take}</Button>
        )}
        {mayDo(step, 'SKIP') && <Button onClick={() => ask('skip')}>{t.skip}</Button>}
        {mayDo(step, 'NOT_APPLICABLE') && <Button onClick={() => ask('na')}>{t.notApplicable}</Button>}
        {mayDo(step, 'UNDO') && <Button onClick={() => ask('undo')}>{t.undo}</Button>}
      </div>
      <div class="acts">
        <Button onClick={onClose}>{common.close}</Button>
      </div>
    </Dialog>
  )
}

export function Asked({
  question,
  step,
  ask,
}: {
  question: Question | null
  step: MyStep
  ask: (q: Question | null) => void
}) {
  const same = { step, onClose: () => ask(null) }
  switch (question) {
    case 'finish':
      return <FinishDialog {...same} />
    case 'hand':
      return <HandDialog {...same} />
    case 'other':
      return <OtherDialog {...same} ask={ask} />
    case 'block':
      return (
        <ReasonDialog {...same} act="STEP_ACT_BLOCK" title={t.cannotTitle} hint={t.cannotHint} submit={t.cannotDo} />
      )
    case 'skip':
      return <ReasonDialog {...same} act="STEP_ACT_SKIP" title={t.skipTitle} hint={t.skipHint} submit={t.skip} />
    case 'na':
      return (
        <ReasonDialog {...same} act="STEP_ACT_NOT_APPLICABLE" title={t.naTitle} submit={t.notApplicable} optional />
      )
    case 'undo':
      return <ReasonDialog {...same} act="STEP_ACT_UNDO" title={t.undoTitle} hint={t.undoHint} submit={t.undo} />
    case 'note':
      return (
        <ReasonDialog
          {...same}
          act="STEP_ACT_NOTE"
          as="note"
          title={t.noteTitle}
          label={t.noteLabel}
          hint={t.noteHint}
          submit={t.noteSave}
        />
      )
    default:
      return null
  }
}
