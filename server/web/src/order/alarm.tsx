// SPDX-License-Identifier: Apache-2.0
// A new order or call: banner, sound, vibration; again each minute until it is opened or put off. What rang once on this
// device does not ring again after a reload.
import { effect, signal } from '@preact/signals'
import { read, write } from '../base/db'
import { address } from '../base/router'
import { me } from '../base/session'
import type { ModeJson } from '../gen/sokuo/v1/common_pb'
import { ModeMark, Shape } from '../ui/badge'
import { Button } from '../ui/button'
import './alarm.css'
import { aboutCall, groupOf, isSilent, stateOf } from './merge'
import { notify, ring, ringBegin } from './ring'
import { myOrders, openCalls, ordersBegin } from './store'
import { t } from './texts'

export interface Alert {
  key: string
  to: string
  title: string
  text: string
  mode?: ModeJson
}

const AGAIN_MS = 60_000
const AGAIN_TIMES = 5
const KEPT = 300

const showing = signal<Alert[]>([])
let rung: Set<string> | undefined
let again: ReturnType<typeof setInterval> | undefined

// What nobody has opened yet. Whoever gave an order knows of it.
function alerts(): Alert[] {
  const calls = openCalls.value.map((one) => ({
    key: `call/${one.id}/${one.level ?? 0}`,
    to: `/orders/call/${one.id}`,
    title: t.callTo(one.incidentNumber ?? ''),
    text: aboutCall(one),
    mode: one.mode,
  }))
  const orders = (myOrders.value ?? [])
    .filter((one) => groupOf(one) === 'answer' && (one.takenOver || (isSilent(stateOf(one)) && !one.mine?.readAt)))
    .filter((one) => !one.giver?.personId || one.giver.personId !== me.value?.person?.id)
    .map((one) => ({
      key: `order/${one.id}${one.mine?.isDeputy ? '/deputy' : ''}`,
      to: `/orders/${one.id}`,
      title: t.newOrder,
      text: one.text ?? '',
      mode: one.mode,
    }))
  return [...calls, ...orders]
}

// Those of `now` that did not ring before.
export function fresh(now: readonly Alert[], before: ReadonlySet<string>): Alert[] {
  return now.filter((one) => !before.has(one.key))
}

const place = () => `rung/${me.peek()?.accountId ?? ''}`

function quiet(): void {
  clearInterval(again)
  again = undefined
  showing.value = []
}

function raise(list: Alert[]): void {
  showing.value = [...list, ...showing.peek()].slice(0, 20)
  ring()
  const mark = list[0]!.mode === 'MODE_EXERCISE' ? '【訓練】' : ''
  void notify(`${mark}${list[0]!.title}`, list[0]!.text, list[0]!.to)
  clearInterval(again)
  let times = 0
  again = setInterval(() => (++times > AGAIN_TIMES ? clearInterval(again) : ring()), AGAIN_MS)
}

async function follow(): Promise<void> {
  const now = alerts()
  rung ??= new Set(await read<string[]>('facts', place()))
  const news = fresh(now, rung)
  const keys = new Set(now.map((one) => one.key))
  showing.value = showing.peek().filter((one) => keys.has(one.key) && one.to !== address.peek())
  if (showing.peek().length === 0) quiet()
  if (news.length === 0) return
  for (const one of news) rung.add(one.key)
  rung = new Set([...rung].slice(-KEPT))
  await write('facts', place(), [...rung])
  const elsewhere = news.filter((one) => one.to !== address.peek())
  if (elsewhere.length > 0) raise(elsewhere)
}

let begun = false
function begin(): void {
  if (begun) return
  begun = true
  ringBegin()
  ordersBegin()
  let turn = Promise.resolve()
  effect(() => {
    alerts()
    address.value
    turn = turn.then(follow)
  })
}

function Bell() {
  return (
    <Shape>
      <path
        d="M7 1a4 4 0 0 1 4 4v3.5l1.5 2h-11l1.5-2V5a4 4 0 0 1 4-4M5.5 12.5h3"
        fill="none"
        stroke="currentColor"
        stroke-width="1.6"
      />
    </Shape>
  )
}

export default function Alarm() {
  begin()
  const [first, ...more] = showing.value
  if (!first) return null
  return (
    <div class="alarm" role="alertdialog" aria-label={first.title} aria-live="assertive">
      <p>
        <strong>
          <Bell /> <ModeMark mode={first.mode} />
          {first.title}
        </strong>{' '}
        {more.length > 0 && <span class="small">{t.andMore(more.length)}</span>}
      </p>
      <p class="alarm-text">{first.text}</p>
      <div class="row">
        <a class="button" href={more.length > 0 ? '/orders' : first.to} onClick={quiet}>
          {t.open}
        </a>
        <Button onClick={quiet}>{t.later}</Button>
      </div>
    </div>
  )
}
