// SPDX-License-Identifier: Apache-2.0
// 「自分への指示」: calls first, then what wants an answer, what is under way, what is over.
import { useBarIncident, useTitle } from '../base/bar'
import { jstShort, secondsUntil, tick } from '../base/clock'
import { roleName } from '../base/labels'
import { toAnswer } from '../base/orders'
import { ModeMark, Severity } from '../ui/badge'
import { Empty, Loading } from '../ui/parts'
import { Countdown, Time } from '../ui/time'
import { ErrorNote } from '../ui/toast'
import { aboutCall, groupOf, isCalling, type MyCall, type MyOrder, stateOf } from './merge'
import { by, OrderState } from './state'
import { listError, listedAt, listOffline, myCalls, myOrders, ordersRefresh } from './store'
import { t } from './texts'

export function Due({ order }: { order: MyOrder }) {
  tick.value
  if (!order.dueAt) return <span class="quiet">{t.noDue}</span>
  const over = groupOf(order) === 'over'
  return (
    <span class={`num ${!over && secondsUntil(order.dueAt) < 0 ? 'late' : ''}`}>
      {t.due} <Time at={order.dueAt} /> {!over && <Countdown at={order.dueAt} />}
    </span>
  )
}

function Row({ order }: { order: MyOrder }) {
  return (
    <li>
      <a class="item order-row" href={`/orders/${order.id}`}>
        <span class="row spread small">
          <OrderState value={stateOf(order)} more={order.waiting ? t.waiting : undefined} />
          <Due order={order} />
        </span>
        <span class="title">
          <ModeMark mode={order.mode} />
          {order.text}
        </span>
        <span class="quiet small">
          {[by(order.giver), order.incidentNumber, order.incidentTitle].filter(Boolean).join(' · ')}
        </span>
        {order.withdrawnAt && <span class="state">{t.withdrawn}</span>}
      </a>
    </li>
  )
}

function CallRow({ call }: { call: MyCall }) {
  return (
    <li>
      <a class="item call-row" href={`/orders/call/${call.id}`}>
        <span class="row spread small">
          <span>
            <strong>⚠ {t.call}</strong> {call.severity && <Severity value={call.severity} />}
          </span>
          {call.waiting ? (
            <span>
              {t.callAnswers[call.said!]} · {t.waiting}
            </span>
          ) : (
            call.dueAt && <Countdown at={call.dueAt} />
          )}
        </span>
        <span class="title">
          <ModeMark mode={call.mode} />
          {aboutCall(call) || t.callUntold}
        </span>
        <span class="quiet small">
          {[call.incidentNumber, call.reason && call.incidentTitle].filter(Boolean).join(' · ')}
          <br />
          {t.callAs(roleName(call.levelRole ?? call.role))}
        </span>
      </a>
    </li>
  )
}

function Group({ title, orders }: { title: string; orders: MyOrder[] }) {
  if (orders.length === 0) return null
  return (
    <section>
      <h2>{title}</h2>
      <ul class="list">
        {orders.map((order) => (
          <Row key={order.id} order={order} />
        ))}
      </ul>
    </section>
  )
}

function Nothing() {
  return (
    <Empty title={t.empty}>
      <p>{t.emptyHint}</p>
      <a class="button" href="/contacts">
        {t.emptyAct}
      </a>
    </Empty>
  )
}

const MARK = { mode: 'MODE_EXERCISE' as const, number: '' }

export function OrderList() {
  useTitle(t.title)
  const all = myOrders.value
  const calls = myCalls.value.filter((one) => isCalling(one) || one.waiting)
  const group = (name: string) => (all ?? []).filter((order) => groupOf(order) === name)
  const open = (all ?? []).filter((order) => groupOf(order) !== 'over')
  useBarIncident(open.length > 0 && open.every((order) => order.mode === 'MODE_EXERCISE') ? MARK : null)
  return (
    <div class="page narrow stack orders">
      <div class="row spread">
        <h1>{t.title}</h1>
        {all && <p class="small">{t.toAnswer(toAnswer.value)}</p>}
      </div>
      {all && listOffline.value ? (
        <p class="note warn small" role="status">
          {t.fromDevice(jstShort(listedAt.value))}
        </p>
      ) : (
        <ErrorNote error={listOffline.value ? undefined : listError.value} onRetry={() => void ordersRefresh()} />
      )}
      {!all && !listError.value && <Loading />}
      {!all && listOffline.value && (
        <Empty title={t.neverListed}>
          <p>{t.neverListedHint}</p>
        </Empty>
      )}
      {calls.length > 0 && (
        <section class="note error">
          <h2>{t.calls}</h2>
          <ul class="list">
            {calls.map((call) => (
              <CallRow key={call.id} call={call} />
            ))}
          </ul>
        </section>
      )}
      {all && all.length === 0 && calls.length === 0 && <Nothing />}
      <Group title={t.answerNow} orders={group('answer')} />
      <Group title={t.toDo} orders={group('act')} />
      <Group title={t.over} orders={group('over')} />
    </div>
  )
}
