// SPDX-License-Identifier: Apache-2.0
// How far it is: so many of how many, in words and as a bar. What nobody has begun is hatched; never a bare percentage.
import { useId } from 'preact/hooks'
import { jstShort, secondsUntil, tick } from '../base/clock'
import type { ProgressJson } from '../gen/sokuo/v1/playbook_pb'
import { Unknown } from '../ui/badge'
import { t } from './texts'
import { partsOf } from './words'

const WIDTH = 1000

// The parts side by side, each with its own face. The words say the same, so it is hidden from readers.
export function ProgressBar({ progress }: { progress: ProgressJson }) {
  const id = useId()
  const total = progress.total ?? 0
  if (total === 0) return null
  let x = 0
  return (
    <svg class="progress-bar" viewBox={`0 0 ${WIDTH} 20`} preserveAspectRatio="none" aria-hidden="true">
      <pattern id={id} width="12" height="20" patternUnits="userSpaceOnUse">
        <path d="M0 20 12 0" class="hatching" />
      </pattern>
      {partsOf(progress).map(({ part, count }) => {
        const width = (count / total) * WIDTH
        const at = x
        x += width
        return (
          <g key={part}>
            <rect x={at} y="0" width={width} height="20" class={`part ${part}`} />
            {(part === 'ready' || part === 'blocked') && <rect x={at} width={width} height="20" fill={`url(#${id})`} />}
          </g>
        )
      })}
    </svg>
  )
}

// 45/80課 完了 ・着手中 3 ・未着手 12 …
export function ProgressWords(props: { progress: ProgressJson | undefined; unit: string; short?: boolean }) {
  const { progress, unit } = props
  if (!progress?.total) return <Unknown />
  const rest = partsOf(progress).filter(({ part }) => part !== 'done')
  return (
    <span class="progress-words">
      <span class="whole">
        <strong class="num">{t.of(progress.done ?? 0, progress.total, unit)}</strong> {t.done}
      </span>
      {(progress.byDeputy ?? 0) > 0 && !props.short && (
        <span class="quiet"> ({t.byDeputy(progress.byDeputy ?? 0)})</span>
      )}
      {!props.short &&
        rest.map(({ part, count }) => (
          <span key={part} class={`count ${part}`}>
            {t[part]} <span class="num">{count}</span>
          </span>
        ))}
      {(progress.overdue ?? 0) > 0 && <span class="late-mark">▲ {t.overdue(progress.overdue ?? 0)}</span>}
      {(progress.unratified ?? 0) > 0 && <span class="ratify-mark">＊ {t.unratified(progress.unratified ?? 0)}</span>}
    </span>
  )
}

// あと 3分, あと 2日, ▲ 12分 超過: how much is enough; the exact time for those who point at it.
export function Due({ at, open }: { at: string; open: boolean }) {
  tick.value
  const left = secondsUntil(at)
  const over = open && left < 0
  return (
    <time dateTime={at} title={jstShort(at)} class={`due-words num ${over ? 'late-mark' : ''}`}>
      {open ? (over ? `▲ ${t.over(roughly(left))}` : t.left(roughly(left))) : jstShort(at)}
    </time>
  )
}

// In the largest unit that says enough.
export function roughly(seconds: number): string {
  const minutes = Math.floor(Math.abs(seconds) / 60)
  if (minutes < 100) return t.minutes(minutes)
  return minutes < 48 * 60 ? t.hours(Math.floor(minutes / 60)) : t.days(Math.floor(minutes / 1440))
}
