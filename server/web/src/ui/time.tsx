// SPDX-License-Identifier: Apache-2.0
import { duration, jstFull, jstShort, secondsUntil, tick } from '../base/clock'
import { t } from '../base/texts'
import { Unknown } from './badge'

// A time in JST: short, with the whole of it for those who point at it. An absent one is 「不明」.
export function Time({ at, full }: { at: string | undefined; full?: boolean }) {
  if (!at) return <Unknown />
  return (
    <time dateTime={at} title={`${jstFull(at)} JST`} class="num">
      {full ? jstFull(at) : jstShort(at)}
    </time>
  )
}

// A day in Japan, with the time for those who point at it.
export function Day({ at }: { at: string }) {
  return (
    <time dateTime={at} title={`${jstFull(at)} JST`} class="num">
      {jstFull(at).slice(0, 10)}
    </time>
  )
}

// 「あと 12:03」, or 「3:20 超過」 in words and colour.
export function Countdown({ at }: { at: string }) {
  tick.value
  const left = secondsUntil(at)
  const over = left < 0
  return (
    <span class={`countdown num ${over ? 'over' : ''}`} role="timer">
      {over ? `⚠ ${t.minutesOver(duration(left))}` : t.minutesLeft(duration(left))}
    </span>
  )
}
