// SPDX-License-Identifier: Apache-2.0
// One order as who commands sees it: so many of how many, how fast, and the tree of who answered.
import { useState } from 'preact/hooks'
import { serverNow, tick } from '../base/clock'
import type { IncidentJson } from '../gen/sokuo/v1/incident_pb'
import type { OrderAddresseeJson, OrderJson } from '../gen/sokuo/v1/order_pb'
import { Reached } from '../order/progress'
import { command } from '../order/services'
import { by } from '../order/state'
import { ModeMark } from '../ui/badge'
import { Button } from '../ui/button'
import { Loading } from '../ui/parts'
import { Countdown, Time } from '../ui/time'
import { ErrorNote, toast } from '../ui/toast'
import { AddresseeDialog } from './addressee'
import { Curve } from './curve'
import { Head, ReasonDialog } from './parts'
import { useHeld } from './store'
import { t } from './texts'
import { Tree } from './tree'

export function OrderText({ order }: { order: OrderJson }) {
  return (
    <header>
      <p class="row spread small">
        <strong>{t.orderNo(order.no ?? 0)}</strong>
        {order.dueAt && (
          <span>
            {t.due} <Time at={order.dueAt} /> {!order.withdrawnAt && <Countdown at={order.dueAt} />}
          </span>
        )}
      </p>
      <h1 class="command-text">
        <ModeMark mode={order.mode} />
        {order.text}
      </h1>
      <p class="small quiet">
        {by(order.giver)} · <Time at={order.issuedAt} full />
      </p>
      {order.withdrawnAt && (
        <p class="note warn">
          {t.withdrawn} <Time at={order.withdrawnAt} /> {order.withdrawnReason}
        </p>
      )}
    </header>
  )
}

function Withdraw({ order, onClose }: { order: OrderJson; onClose: (done: boolean) => void }) {
  return (
    <ReasonDialog
      title={t.withdrawTitle}
      hint={t.withdrawHint}
      submit={t.withdrawDo}
      hold
      draft={`order/${order.id}/withdraw`}
      act={(reason, operationId) => command.withdrawOrder({ operationId, orderId: order.id, reason })}
      onClose={onClose}
    />
  )
}

export function OrderPage({ incident, id }: { incident: IncidentJson; id: string }) {
  const held = useHeld(`order/${id}`, () => command.getOrder({ orderId: id, tree: true }))
  const [picked, pick] = useState<OrderAddresseeJson | null>(null)
  const [withdrawing, withdraw] = useState(false)
  tick.value
  const found = held.value.value
  const order = found?.order
  const age = order?.issuedAt ? (serverNow().getTime() - Date.parse(order.issuedAt)) / 1000 : 0
  const done = (ok: boolean) => {
    withdraw(false)
    if (!ok) return
    toast(t.withdrawnToast)
    void held.load()
  }
  return (
    <div class="page stack command">
      <Head incident={incident} back />
      <ErrorNote error={held.error.value} onRetry={() => void held.load()} />
      {!found && !held.error.value && <Loading />}
      {found && order && (
        <div class="command-columns">
          <div class="stack">
            <OrderText order={order} />
            <Reached progress={order.progress} />
            <div class="row">
              <a class="button solid" href={`/command/${incident.number}/order/${id}/telephone`}>
                <span aria-hidden="true">☎</span> {t.telephone} ({order.progress?.unansweredCount ?? 0})
              </a>
              {!order.withdrawnAt && <Button onClick={() => withdraw(true)}>{t.withdraw}</Button>}
            </div>
            <Curve points={found.curve ?? []} progress={order.progress ?? {}} age={age} />
          </div>
          <Tree rows={found.tree ?? []} onPick={pick} />
        </div>
      )}
      {picked && order && (
        <AddresseeDialog
          order={order}
          one={picked}
          mayAnswerFor={found?.mayAnswerFor ?? false}
          onClose={() => {
            pick(null)
            void held.load()
          }}
        />
      )}
      {withdrawing && order && <Withdraw order={order} onClose={done} />}
    </div>
  )
}
