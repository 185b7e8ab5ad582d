// SPDX-License-Identifier: Apache-2.0
// The command of an incident on one screen: what is red, who commands, what waits, the orders and the calls.

import type { IncidentJson } from '../gen/sokuo/v1/incident_pb'
import type { OrderJson } from '../gen/sokuo/v1/order_pb'
import { escalation, command as orders } from '../order/services'
import { ModeMark } from '../ui/badge'
import { Empty, Loading } from '../ui/parts'
import { Countdown, Time } from '../ui/time'
import { ErrorNote } from '../ui/toast'
import { Calls, isOver } from './calls'
import { Conflicts, Holder, UndecidedList } from './holder'
import { Head } from './parts'
import { Reviews } from './review'
import { type Held, useHeld } from './store'
import { t } from './texts'

export function OrderRow({ order, number }: { order: OrderJson; number: string }) {
  const p = order.progress ?? {}
  const of = p.addresseeCount ?? 0
  return (
    <li>
      <a class="item order-line" href={`/command/${number}/order/${order.id}`}>
        <span class="row spread small">
          <strong>
            {t.orderNo(order.no ?? 0)} <Time at={order.issuedAt} />
          </strong>
          {order.withdrawnAt ? <span class="state">{t.withdrawn}</span> : order.dueAt && <Countdown at={order.dueAt} />}
        </span>
        <span class="title">
          <ModeMark mode={order.mode} />
          {order.text}
        </span>
        <span class="small num">{t.panelAnswered(p.answeredCount ?? 0, of)}</span>
        <progress class="reach" max={Math.max(of, 1)} value={p.answeredCount ?? 0} aria-hidden="true" />
      </a>
    </li>
  )
}

function Failed({ of }: { of: Held<unknown> }) {
  return <ErrorNote error={of.error.value} onRetry={() => void of.load()} />
}

export function Overview({ incident }: { incident: IncidentJson }) {
  const id = incident.id ?? ''
  const number = incident.number ?? ''
  const now = useHeld(`command/${id}`, () => orders.getCommand({ incidentId: id }))
  const list = useHeld(`orders/${id}`, () => orders.listOrders({ incidentId: id }))
  const calls = useHeld(`calls/${id}`, () => escalation.listEscalations({ incidentId: id, ended: true }))
  const given = list.value.value
  const command = now.value.value
  const red = (calls.value.value?.escalations ?? []).filter((one) => one.isRed && !isOver(one))
  return (
    <div class="page stack command">
      <Head incident={incident} />
      <h1 class="hidden-text">{t.title}</h1>
      {red.length > 0 && (
        <p class="note error" role="alert">
          <a href="#calls">
            ⚠ {t.red}: {red.map((one) => one.reason).join('、')}
          </a>
        </p>
      )}
      <Conflicts list={command?.conflicts ?? []} />
      <div class="command-columns">
        <div class="stack">
          <Failed of={now} />
          {!command && !now.error.value && <Loading />}
          {command && <Holder incident={incident} now={command} onDone={() => void now.load()} />}
          {command && (
            <section>
              <h2>{t.undecided}</h2>
              <UndecidedList list={command.undecided ?? []} />
            </section>
          )}
          {command && (
            <Reviews list={command.proxyDecisions ?? []} incident={incident} onDone={() => void now.load()} />
          )}
        </div>
        <div class="stack">
          <section class="stack">
            <div class="row spread">
              <h2>{t.orders}</h2>
              {given?.mayIssue && (
                <a class="button solid" href={`/command/${number}/new`}>
                  {t.issue}
                </a>
              )}
            </div>
            <Failed of={list} />
            {given && (given.orders?.length ?? 0) === 0 && (
              <Empty title={t.ordersNone}>
                <p>{t.ordersNoneHint}</p>
              </Empty>
            )}
            <ul class="list">
              {given?.orders?.map((order) => (
                <OrderRow key={order.id} order={order} number={number} />
              ))}
            </ul>
          </section>
          <Failed of={calls} />
          {calls.value.value && <Calls incident={incident} now={calls.value.value} onDone={() => void calls.load()} />}
        </div>
      </div>
    </div>
  )
}
