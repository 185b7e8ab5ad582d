// SPDX-License-Identifier: Apache-2.0
// One order a screen: what, from whom, by when; the answers at the thumb; below, who else has answered.
import { useEffect, useMemo, useState } from 'preact/hooks'
import { useBarIncident, useTitle } from '../base/bar'
import { tick } from '../base/clock'
import { me } from '../base/session'
import { ModeMark } from '../ui/badge'
import { Button } from '../ui/button'
import { lazy } from '../ui/lazy'
import { Empty, Loading } from '../ui/parts'
import { Time } from '../ui/time'
import { answer, nowShort, tellRead } from './act'
import { Due } from './list'
import { groupOf, isSilent, type MyOrder, stateOf } from './merge'
import { Reached } from './progress'
import { Refuse } from './refuse'
import { command } from './services'
import { by, OrderState } from './state'
import { listError, myOrders } from './store'
import { t } from './texts'

const Behalf = lazy(() => import('./behalf'))

function Mine({ order }: { order: MyOrder }) {
  const { mine } = order
  if (!mine || isSilent(mine.state)) return null
  const last = mine.answers?.[0]
  const when = mine.confirmedAt ?? mine.doneAt ?? mine.refusedAt ?? mine.acceptedAt ?? mine.acknowledgedAt
  const isOthers = order.takenOver || order.settled
  return (
    <div class={`note ${mine.state === 'ORDER_STATE_REFUSED' ? 'warn' : 'good'}`}>
      <p>
        {isOthers ? t.answerOf(by(last?.by)) : t.mine}:{' '}
        <OrderState value={mine.state} more={order.waiting ? t.waiting : undefined} /> {when && <Time at={when} />}
      </p>
      {last?.note && <p class="small">{last.note}</p>}
      {mine.state === 'ORDER_STATE_REFUSED' &&
        !isOthers &&
        mine.isDeputy &&
        mine.person?.id !== me.value?.person?.id && <p class="small">{t.goneOn(mine.person?.name ?? '')}</p>}
    </div>
  )
}

// The answer that is the next act, as the one large button.
function Primary({ order }: { order: MyOrder }) {
  tick.value
  const group = groupOf(order)
  if (group === 'act')
    return (
      <Button look="primary" onClick={() => void answer(order, 'ORDER_ANSWER_KIND_DONE')}>
        {t.doneBig(nowShort())}
      </Button>
    )
  if (group === 'answer')
    return (
      <Button
        look="primary"
        onClick={() =>
          void answer(order, order.wantsAcceptance ? 'ORDER_ANSWER_KIND_ACCEPT' : 'ORDER_ANSWER_KIND_ACKNOWLEDGE')
        }
      >
        {order.wantsAcceptance ? t.acceptBig(nowShort()) : t.acknowledgeBig(nowShort())}
      </Button>
    )
  const next = (myOrders.value ?? []).find((one) => one.id !== order.id && groupOf(one) === 'answer')
  return next ? (
    <a class="button primary" href={`/orders/${next.id}`}>
      {t.next}
    </a>
  ) : null
}

function Answers({ order, ask }: { order: MyOrder; ask: (what: 'refuse' | 'behalf') => void }) {
  const group = groupOf(order)
  const state = stateOf(order)
  const open = group !== 'over'
  return (
    <div class="thumb stack tight">
      <Primary order={order} />
      <div class="second">
        {open && order.wantsAcceptance && isSilent(state) && (
          <Button onClick={() => void answer(order, 'ORDER_ANSWER_KIND_ACKNOWLEDGE')}>{t.acknowledge}</Button>
        )}
        {group === 'answer' && <Button onClick={() => void answer(order, 'ORDER_ANSWER_KIND_DONE')}>{t.done}</Button>}
        {open && <Button onClick={() => ask('refuse')}>{t.cannot}</Button>}
        {!order.withdrawnAt && <Button onClick={() => ask('behalf')}>{t.behalf}</Button>}
        {!isSilent(state) &&
          !order.withdrawnAt &&
          !order.takenOver &&
          !order.settled &&
          state !== 'ORDER_STATE_CONFIRMED' && (
            <Button onClick={() => void answer(order, 'ORDER_ANSWER_KIND_TAKE_BACK')}>{t.takeBack}</Button>
          )}
      </div>
    </div>
  )
}

// The list leaves the numbers out: they are asked for when the order is opened, and again while it is.
const ASK_MS = 20_000

function Others({ order }: { order: MyOrder }) {
  const [progress, setProgress] = useState(order.progress)
  const [told, setTold] = useState(false)
  useEffect(() => {
    const ask = () =>
      void command.getOrder({ orderId: order.id }).then(
        (found) => {
          setProgress(found.order?.progress)
          setTold(true)
        },
        () => undefined,
      )
    ask()
    const timer = setInterval(() => document.hidden || ask(), ASK_MS)
    return () => clearInterval(timer)
  }, [order.id, order.version])
  // The server keeps the numbers from whoever may not see the incident.
  if (told && !progress) return <p class="small quiet">{t.othersHidden}</p>
  return <Reached progress={progress} />
}

function Screen({ order }: { order: MyOrder }) {
  const [asked, ask] = useState<'refuse' | 'behalf' | null>(null)
  useEffect(() => void tellRead(order), [order.id])
  const refuse = async (note: string) => {
    await answer(order, 'ORDER_ANSWER_KIND_REFUSE', { note })
    return true
  }
  return (
    <div class="page narrow stack order">
      <nav class="pager">
        <a class="button plain" href="/orders">
          {t.list}
        </a>
        <OrderState value={stateOf(order)} more={order.waiting ? t.waiting : undefined} />
      </nav>
      <header>
        <p class="row spread small">
          <strong>{t.orderNo(order.no ?? 0)}</strong>
          <Due order={order} />
        </p>
        <h1 class="order-text">
          <ModeMark mode={order.mode} />
          {order.text}
        </h1>
        <p class="small">
          {t.from}: <strong>{by(order.giver)}</strong> · {order.issuedAt && <Time at={order.issuedAt} />}
        </p>
        <p class="small quiet">
          {order.incidentTitle ? (
            <a href={`/incident/${order.incidentNumber}`}>{order.incidentNumber}</a>
          ) : (
            order.incidentNumber
          )}{' '}
          {order.incidentTitle}
        </p>
      </header>
      {order.withdrawnAt && (
        <p class="note warn">
          {t.withdrawn} <Time at={order.withdrawnAt} /> {order.withdrawnReason}
        </p>
      )}
      {order.isRequest && <p class="note small">{t.request}</p>}
      {order.mine?.isDeputy && order.mine.person?.id === me.value?.person?.id && (
        <p class="note small">{t.forDeputy}</p>
      )}
      <Mine order={order} />
      <section>
        <h2 class="small quiet">{t.others}</h2>
        <Others order={order} />
      </section>
      <Answers order={order} ask={ask} />
      {asked === 'refuse' && <Refuse draft={`order/${order.id}/refuse`} send={refuse} onClose={() => ask(null)} />}
      {asked === 'behalf' && <Behalf order={order} onClose={() => ask(null)} />}
    </div>
  )
}

export function OrderScreen({ id }: { id: string }) {
  const all = myOrders.value
  const order = all?.find((one) => one.id === id)
  useTitle(order ? t.orderNo(order.no ?? 0) : t.title)
  const { incidentNumber: number, mode } = order ?? {}
  useBarIncident(useMemo(() => (number ? { number, mode } : null), [number, mode]))
  if (order) return <Screen order={order} key={id} />
  return (
    <div class="page narrow">
      {all || listError.value ? (
        <Empty title={t.gone}>
          <p>{t.goneHint}</p>
          <a class="button" href="/orders">
            {t.list}
          </a>
        </Empty>
      ) : (
        <Loading />
      )}
    </div>
  )
}
