// SPDX-License-Identifier: Apache-2.0
// The life of a revision: submit, approve with its dates, return, withdraw; only what the caller may do is offered.
import { useState } from 'preact/hooks'
import { fromInput } from '../base/clock'
import { t as common } from '../base/texts'
import type { GetPlaybookResponseJson, RevisionActJson } from '../gen/sokuo/v1/playbook_pb'
import { Button, HoldButton } from '../ui/button'
import { Dialog } from '../ui/dialog'
import { TextField } from '../ui/field'
import { ErrorNote, toast } from '../ui/toast'
import { p, revisionStateName } from './plan_texts'
import { useSend } from './send'
import { playbooks } from './services'
import { say } from './words'

type Word = 'SUBMIT' | 'APPROVE' | 'RETURN' | 'WITHDRAW'
const WORDS: readonly Word[] = ['SUBMIT', 'APPROVE', 'RETURN', 'WITHDRAW']
const nameOf = (word: Word) => ({ SUBMIT: p.submit, APPROVE: p.approve, RETURN: p.return, WITHDRAW: p.withdraw })[word]
const needsReason = (word: Word) => word === 'RETURN' || word === 'WITHDRAW'
// A day begins at midnight, Japan time.
const midnight = (day: string) => (day ? fromInput(`${day}T00:00`) : undefined)

function MoveDialog(props: { word: Word; answer: GetPlaybookResponseJson; onClose: () => void; onMoved: () => void }) {
  const { word, answer } = props
  const [reason, setReason] = useState('')
  const [from, setFrom] = useState('')
  const [review, setReview] = useState('')
  const send = useSend()
  const move = () =>
    send.run(async (operationId) => {
      const moved = await playbooks.approvePlaybook({
        operationId,
        revisionId: answer.revision?.id,
        act: `REVISION_ACT_${word}` as RevisionActJson,
        reason: reason.trim() || undefined,
        effectiveFrom: word === 'APPROVE' ? midnight(from) : undefined,
        reviewDue: word === 'APPROVE' ? midnight(review) : undefined,
      })
      toast(p.moved(revisionStateName(moved.revision?.state)))
      props.onMoved()
      props.onClose()
    })
  const ready = !needsReason(word) || reason.trim() !== ''
  return (
    <Dialog title={`${nameOf(word)}: ${answer.revision?.code} ${say(answer.revision?.title)}`} onClose={props.onClose}>
      {word === 'APPROVE' && (
        <div class="paired">
          <TextField label={p.effectiveFrom} hint={p.effectiveHint} type="date" value={from} onInput={setFrom} />
          <TextField
            label={p.reviewDue}
            hint={p.reviewHint(answer.playbook?.reviewMonths || 12)}
            type="date"
            value={review}
            onInput={setReview}
          />
        </div>
      )}
      <TextField
        label={common.reason}
        required={needsReason(word)}
        rows={2}
        maxLength={500}
        value={reason}
        onInput={setReason}
      />
      <ErrorNote error={send.error} />
      <div class="acts">
        <Button onClick={props.onClose}>{common.cancel}</Button>
        {word === 'APPROVE' ? (
          <HoldButton busy={send.busy} onHeld={() => void move()}>
            {p.approveHold}
          </HoldButton>
        ) : (
          <Button
            look={word === 'SUBMIT' ? 'solid' : 'danger'}
            busy={send.busy}
            disabled={!ready}
            onClick={() => void move()}
          >
            {nameOf(word)}
          </Button>
        )}
      </div>
    </Dialog>
  )
}

export function Life({ answer, onMoved }: { answer: GetPlaybookResponseJson; onMoved: () => void }) {
  const [word, setWord] = useState<Word | null>(null)
  const acts = WORDS.filter((one) => answer.allowedActs?.includes(one))
  return (
    <span class="row life">
      {acts.map((one, i) => (
        <Button key={one} look={i === 0 && !needsReason(one) ? 'solid' : 'normal'} onClick={() => setWord(one)}>
          {nameOf(one)}
        </Button>
      ))}
      {word && <MoveDialog word={word} answer={answer} onClose={() => setWord(null)} onMoved={onMoved} />}
    </span>
  )
}
