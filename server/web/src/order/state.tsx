// SPDX-License-Identifier: Apache-2.0
// How an addressee stands to an order: a shape and a word, told apart in grey print, too.
import type { ComponentChildren } from 'preact'
import { names } from '../base/labels'
import { t as common } from '../base/texts'
import type { AttributionJson } from '../gen/sokuo/v1/common_pb'
import type { OrderStateJson } from '../gen/sokuo/v1/order_pb'
import { Shape } from '../ui/badge'

export const orderStateName = names<OrderStateJson>({
  ORDER_STATE_UNSPECIFIED: ['不明', 'Unknown'],
  ORDER_STATE_QUEUED: ['送信待ち', 'Queued'],
  ORDER_STATE_SENT: ['送信済', 'Sent'],
  ORDER_STATE_DELIVERED: ['到達', 'Delivered'],
  ORDER_STATE_READ: ['既読', 'Read'],
  ORDER_STATE_ACKNOWLEDGED: ['確認', 'Acknowledged'],
  ORDER_STATE_ACCEPTED: ['了解', 'Accepted'],
  ORDER_STATE_REFUSED: ['できない', 'Cannot'],
  ORDER_STATE_DONE: ['完了', 'Done'],
  ORDER_STATE_CONFIRMED: ['完了確認', 'Confirmed'],
  ORDER_STATE_UNREACHABLE: ['届かない', 'Unreachable'],
})

const line = { fill: 'none', stroke: 'currentColor', 'stroke-width': 1.6 }
const ring = <circle cx="7" cy="7" r="5.5" {...line} />
const FACE: Record<OrderStateJson, ComponentChildren> = {
  ORDER_STATE_UNSPECIFIED: <path d="M5 5.5a2.5 2.5 0 1 1 3.4 2.3c-.8.4-1 .8-1 1.7M7.4 12v.6" {...line} />,
  ORDER_STATE_QUEUED: <circle cx="7" cy="7" r="5.5" {...line} stroke-dasharray="2 2" />,
  ORDER_STATE_SENT: <path d="M1.5 7h9M7 3l4 4-4 4" {...line} />,
  ORDER_STATE_DELIVERED: <path d="M7 1v7M3.5 5 7 8.5 10.5 5M2 12.5h10" {...line} />,
  ORDER_STATE_READ: (
    <>
      {ring}
      <circle cx="7" cy="7" r="2.2" fill="currentColor" />
    </>
  ),
  ORDER_STATE_ACKNOWLEDGED: <path d="M2 7.5 5.5 11 12 3.5" {...line} stroke-width="2" />,
  ORDER_STATE_ACCEPTED: (
    <>
      {ring}
      <path d="M4 7.2 6.2 9.4 10 4.8" {...line} stroke-width="1.8" />
    </>
  ),
  ORDER_STATE_REFUSED: <path d="M1.5 1.5h11v11h-11zM4.5 4.5l5 5M9.5 4.5l-5 5" {...line} />,
  ORDER_STATE_DONE: <path d="M.8 7.5 4 10.7 9.6 3.5M6.2 9.6l1.2 1.2L13 3.5" {...line} stroke-width="1.8" />,
  ORDER_STATE_CONFIRMED: (
    <>
      <path d="M1 1h12v12H1z" fill="currentColor" />
      <path d="M3.5 7.2 6.2 9.9 10.6 4.4" fill="none" stroke="var(--ground)" stroke-width="1.8" />
    </>
  ),
  ORDER_STATE_UNREACHABLE: <path d="M7 1 13.5 13H.5zM7 5v4M7 10.3v1.4" {...line} />,
}

export function OrderFace({ value }: { value: OrderStateJson | undefined }) {
  return <Shape>{FACE[value ?? 'ORDER_STATE_UNSPECIFIED']}</Shape>
}

const looks: Partial<Record<OrderStateJson, string>> = {
  ORDER_STATE_ACKNOWLEDGED: 'good',
  ORDER_STATE_ACCEPTED: 'good',
  ORDER_STATE_DONE: 'good',
  ORDER_STATE_CONFIRMED: 'good',
  ORDER_STATE_REFUSED: 'bad',
  ORDER_STATE_UNREACHABLE: 'bad',
}

// short: the shape alone, with its word for those who point at it or listen.
export function OrderState({
  value,
  short,
  more,
}: {
  value: OrderStateJson | undefined
  short?: boolean
  more?: string
}) {
  const state = value ?? 'ORDER_STATE_UNSPECIFIED'
  const name = orderStateName(state)
  return (
    <span class={`state order-state ${looks[state] ?? 'still'}`} title={short ? name : undefined}>
      <OrderFace value={state} />
      {short ? <span class="hidden-text">{name}</span> : name}
      {more && ` · ${more}`}
    </span>
  )
}

// 統括情報セキュリティ責任者(代行) 佐藤 花子
export function by(one: AttributionJson | undefined): string {
  const acting = one?.capacity === 'CAPACITY_ACTING' ? common.acting : ''
  return [(one?.postName ?? '') + acting, one?.personName].filter(Boolean).join(' ') || common.unknown
}
