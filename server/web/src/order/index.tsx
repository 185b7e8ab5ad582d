// SPDX-License-Identifier: Apache-2.0
import type { ScreenProps } from '../base/router'
import { AlarmSettings } from './alarm_settings'
import { CallScreen } from './call'
import { OrderList } from './list'
import { OrderScreen } from './order'
import './order.css'

export default function Orders({ params }: ScreenProps) {
  const [first = '', id = ''] = (params['*'] ?? '').split('/')
  if (first === 'call' && id) return <CallScreen id={id} key={id} />
  if (first === 'alarm') return <AlarmSettings />
  return first ? <OrderScreen id={first} key={first} /> : <OrderList />
}
