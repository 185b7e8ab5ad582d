// SPDX-License-Identifier: Apache-2.0
// One addressee: every fact with its time, every answer; and what was heard by telephone, as an answer of theirs.
import { useEffect, useState } from 'preact/hooks'
import { meansName, roleName } from '../base/labels'
import { t as common } from '../base/texts'
import type { OrderAddresseeJson, OrderAnswerKindJson, OrderJson } from '../gen/sokuo/v1/order_pb'
import { answer } from '../order/act'
import { command } from '../order/services'
import { by, OrderState } from '../order/state'
import { t as words } from '../order/texts'
import { Button } from '../ui/button'
import { Dialog } from '../ui/dialog'
import { Chips, TextField } from '../ui/field'
import { Time } from '../ui/time'
import { t } from './texts'

const TIMES = [
  'queuedAt',
  'sentAt',
  'deliveredAt',
  'readAt',
  'acknowledgedAt',
  'acceptedAt',
  'refusedAt',
  'doneAt',
  'confirmedAt',
] as const

const HEARD = [
  'ORDER_ANSWER_KIND_ACCEPT',
  'ORDER_ANSWER_KIND_ACKNOWLEDGE',
  'ORDER_ANSWER_KIND_DONE',
  'ORDER_ANSWER_KIND_REFUSE',
] as const satisfies readonly OrderAnswerKindJson[]

export function addresseeName(one: OrderAddresseeJson): string {
  const person = one.person?.name ? one.person.name + (one.isDeputy ? t.deputy : '') : t.vacant
  return [one.unit?.name, one.post?.name || (one.role ? roleName(one.role) : ''), person].filter(Boolean).join(' ')
}

// What was heard by telephone, kept as their answer given on behalf.
export function Heard(props: { order: OrderJson; one: OrderAddresseeJson; onDone: () => void }) {
  const { order, one, onDone } = props
  const [kind, setKind] = useState<(typeof HEARD)[number] | null>(null)
  const [note, setNote] = useState('')
  const lacks = !kind || (kind === 'ORDER_ANSWER_KIND_REFUSE' && !note.trim())
  const send = async () => {
    if (!kind) return
    await answer(order, kind, { addresseeIds: [one.id ?? ''], means: 'MEANS_PHONE', note: note.trim() || undefined })
    onDone()
  }
  const name = (one: (typeof HEARD)[number]) => words.answers[one].replace(/[「」“”]/g, '')
  return (
    <div class="stack">
      <div class="field">
        <div class="head">{t.heard}</div>
        <Chips
          label={t.heard}
          single
          options={HEARD}
          name={name}
          value={kind ? [kind] : []}
          onChange={([one]) => setKind(one ?? null)}
        />
      </div>
      <TextField label={t.heardNote} value={note} maxLength={500} onInput={setNote} />
      <Button look="solid" disabled={lacks} onClick={() => void send()}>
        {t.answeredByPhone}
      </Button>
    </div>
  )
}

interface Props {
  order: OrderJson
  one: OrderAddresseeJson
  mayAnswerFor: boolean
  onClose: () => void
}

export function AddresseeDialog({ order, one, mayAnswerFor, onClose }: Props) {
  const [whole, setWhole] = useState(one)
  useEffect(() => {
    command.getOrder({ orderId: order.id, addresseeId: one.id }).then(
      (found) => setWhole(found.addressees?.[0] ?? one),
      () => undefined,
    )
  }, [one.id])
  const confirm = async () => {
    await answer(order, 'ORDER_ANSWER_KIND_CONFIRM', { addresseeIds: [one.id ?? ''] })
    onClose()
  }
  return (
    <Dialog title={addresseeName(whole)} onClose={onClose}>
      <p>
        <OrderState value={whole.state} />
      </p>
      <ul class="small times">
        {TIMES.filter((name) => whole[name]).map((name) => (
          <li key={name}>
            <Time at={whole[name]} full /> {t.timeNames[name]}
          </li>
        ))}
      </ul>
      {whole.answers?.map((said, i) => (
        <p key={i} class="small">
          <Time at={said.occurredAt} /> {words.answers[said.kind ?? 'ORDER_ANSWER_KIND_UNSPECIFIED']} {by(said.by)}{' '}
          {said.means && said.means !== 'MEANS_SYSTEM' && `(${meansName(said.means)})`} {said.note}
        </p>
      ))}
      {mayAnswerFor && !order.withdrawnAt && <Heard order={order} one={one} onDone={onClose} />}
      <div class="acts">
        {whole.state === 'ORDER_STATE_DONE' && <Button onClick={() => void confirm()}>{t.confirm}</Button>}
        <Button onClick={onClose}>{common.close}</Button>
      </div>
    </Dialog>
  )
}
