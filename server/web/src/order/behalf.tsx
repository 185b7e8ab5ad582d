// SPDX-License-Identifier: Apache-2.0
// 代理回答: a head answers for their staff, the team for whom they telephoned.
import { useEffect, useState } from 'preact/hooks'
import { fold } from '../base/fold'
import { meansName } from '../base/labels'
import { t as common } from '../base/texts'
import type { MeansJson } from '../gen/sokuo/v1/incident_pb'
import type { OrderAddresseeJson, OrderAnswerKindJson } from '../gen/sokuo/v1/order_pb'
import { Button } from '../ui/button'
import { Dialog, FormDialog } from '../ui/dialog'
import { Chips, TextField } from '../ui/field'
import { Empty, Loading } from '../ui/parts'
import { ErrorNote } from '../ui/toast'
import { answer } from './act'
import { isSilent, type MyOrder } from './merge'
import { command } from './services'
import { OrderState } from './state'
import { t } from './texts'

const KINDS = [
  'ORDER_ANSWER_KIND_ACCEPT',
  'ORDER_ANSWER_KIND_ACKNOWLEDGE',
  'ORDER_ANSWER_KIND_DONE',
  'ORDER_ANSWER_KIND_REFUSE',
] as const satisfies readonly OrderAnswerKindJson[]
const MEANS: MeansJson[] = ['MEANS_PHONE', 'MEANS_SPOKEN', 'MEANS_RADIO', 'MEANS_PAPER']
const MOST = 500

const kindName = (kind: (typeof KINDS)[number]) =>
  ({
    ORDER_ANSWER_KIND_ACCEPT: t.accept,
    ORDER_ANSWER_KIND_ACKNOWLEDGE: t.acknowledge,
    ORDER_ANSWER_KIND_DONE: t.done,
    ORDER_ANSWER_KIND_REFUSE: t.cannot,
  })[kind]

function nameOf(one: OrderAddresseeJson): string {
  return [one.unit?.name, one.post?.name, one.person?.name].filter(Boolean).join(' ')
}

function useAddressees(orderId: string) {
  const [list, setList] = useState<OrderAddresseeJson[] | null>(null)
  const [may, setMay] = useState(true)
  const [error, setError] = useState<unknown>()
  const load = async () => {
    setError(undefined)
    try {
      const all: OrderAddresseeJson[] = []
      let after = ''
      do {
        const page = await command.getOrder({ orderId, addressees: true, after })
        all.push(...(page.addressees ?? []))
        after = page.next ?? ''
        setMay(page.mayAnswerFor ?? false)
      } while (after && all.length < 2000)
      setList(all)
    } catch (e) {
      setError(e)
    }
  }
  useEffect(() => void load(), [orderId])
  return { list, may, error, load }
}

function People(props: {
  list: OrderAddresseeJson[]
  value: ReadonlySet<string>
  onChange: (value: Set<string>) => void
}) {
  const [query, setQuery] = useState('')
  const shown = props.list.filter((one) => fold(nameOf(one)).includes(fold(query)))
  const toggle = (id: string) => {
    const next = new Set(props.value)
    if (!next.delete(id)) next.add(id)
    props.onChange(next)
  }
  return (
    <>
      {props.list.length > 8 && <TextField label={t.search} type="search" value={query} onInput={setQuery} />}
      <Button onClick={() => props.onChange(new Set(shown.slice(0, MOST).map((one) => one.id ?? '')))}>
        {t.all(Math.min(shown.length, MOST))}
      </Button>
      <ul class="behalf-list">
        {shown.slice(0, 100).map((one) => (
          <li key={one.id}>
            <label class="check">
              <input type="checkbox" checked={props.value.has(one.id ?? '')} onChange={() => toggle(one.id ?? '')} />
              <span>
                <strong class="num">{one.person?.name}</strong>
                <br />
                <span class="small quiet">{[one.unit?.name, one.post?.name].filter(Boolean).join(' ')}</span>
              </span>
              <OrderState value={one.state} />
            </label>
          </li>
        ))}
      </ul>
    </>
  )
}

export default function Behalf({ order, onClose }: { order: MyOrder; onClose: () => void }) {
  const { list, may, error, load } = useAddressees(order.id ?? '')
  const [chosen, setChosen] = useState<Set<string>>(new Set())
  const [kind, setKind] = useState<(typeof KINDS)[number]>(
    order.wantsAcceptance ? 'ORDER_ANSWER_KIND_ACCEPT' : 'ORDER_ANSWER_KIND_ACKNOWLEDGE',
  )
  const [means, setMeans] = useState<MeansJson>('MEANS_PHONE')
  const [note, setNote] = useState('')
  const others = (list ?? []).filter((one) => one.id !== order.mine?.id && isSilent(one.state))
  if (!list || !may || others.length === 0)
    return (
      <Dialog title={t.behalfTitle} onClose={onClose}>
        {error ? (
          <>
            <p>{t.behalfOffline}</p>
            <ErrorNote error={error} onRetry={() => void load()} />
          </>
        ) : list ? (
          <Empty title={t.behalfEmpty}>
            <p>{t.behalfEmptyHint}</p>
          </Empty>
        ) : (
          <Loading />
        )}
        <div class="acts">
          <Button onClick={onClose}>{common.close}</Button>
        </div>
      </Dialog>
    )
  const send = async () => {
    await answer(order, kind, { addresseeIds: [...chosen].slice(0, MOST), means, note: note.trim() || undefined })
    onClose()
  }
  const lacks = chosen.size === 0 || (kind === 'ORDER_ANSWER_KIND_REFUSE' && !note.trim())
  return (
    <FormDialog
      title={t.behalfTitle}
      wide
      submit={chosen.size ? t.chosen(chosen.size) : t.nobody}
      disabled={lacks}
      onClose={onClose}
      onSubmit={() => void send()}
    >
      <p class="small">{t.behalfHint}</p>
      <div class="field">
        <div class="head">{t.what}</div>
        <Chips
          label={t.what}
          single
          options={KINDS}
          name={kindName}
          value={[kind]}
          onChange={([one]) => setKind(one ?? kind)}
        />
      </div>
      <div class="field">
        <div class="head">{t.how}</div>
        <Chips
          label={t.how}
          single
          options={MEANS}
          name={meansName}
          value={[means]}
          onChange={([one]) => setMeans(one ?? means)}
        />
      </div>
      <People list={others} value={chosen} onChange={setChosen} />
      <TextField label={t.note} value={note} maxLength={500} onInput={setNote} />
    </FormDialog>
  )
}
