// SPDX-License-Identifier: Apache-2.0
// How the answers came in: a step line to the present, and how long half and nearly all took.
import { duration } from '../base/clock'
import type { OrderProgressJson, ReachPointJson } from '../gen/sokuo/v1/order_pb'
import { t } from './texts'

const WIDTH = 320
const HEIGHT = 120
const LEFT = 34
const BOTTOM = 18

// The points of a step line, from the first second to `until`.
export function line(points: readonly ReachPointJson[], until: number, of: number): string {
  const x = (s: number) => LEFT + ((WIDTH - LEFT - 4) * Math.min(s, until)) / Math.max(until, 1)
  const y = (n: number) => 6 + (HEIGHT - BOTTOM - 6) * (1 - n / Math.max(of, 1))
  const out = [`M${x(0).toFixed(1)} ${y(0).toFixed(1)}`]
  for (const point of points)
    out.push(`H${x(point.seconds ?? 0).toFixed(1)}`, `V${y(point.answeredCount ?? 0).toFixed(1)}`)
  out.push(`H${x(until).toFixed(1)}`)
  return out.join('')
}

interface Props {
  points: ReachPointJson[]
  progress: OrderProgressJson
  // Seconds since the order.
  age: number
}

export function Curve({ points, progress, age }: Props) {
  const of = progress.addresseeCount ?? 0
  const until = Math.max(60, age, points.at(-1)?.seconds ?? 0)
  const minutes = Math.round(until / 60)
  return (
    <figure class="curve">
      <figcaption class="small quiet">{t.curve}</figcaption>
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        role="img"
        aria-label={t.curveText(progress.answeredCount ?? 0, of, minutes)}
      >
        {[0, 0.5, 0.95].map((part) => {
          const y = 6 + (HEIGHT - BOTTOM - 6) * (1 - part)
          return (
            <g key={part}>
              <path d={`M${LEFT} ${y}H${WIDTH - 4}`} class={part ? 'grid dashed' : 'grid'} />
              <text x={LEFT - 4} y={y + 4} text-anchor="end">
                {Math.round(part * 100)}%
              </text>
            </g>
          )
        })}
        <path d={line(points, until, of)} class="reach-line" />
        <text x={LEFT} y={HEIGHT - 4}>
          0
        </text>
        <text x={WIDTH - 4} y={HEIGHT - 4} text-anchor="end">
          {t.minutes(minutes < 60 ? minutes : Math.round(minutes / 6) * 6)}
        </text>
      </svg>
      <dl class="curve-times small">
        <div>
          <dt>{t.t50}</dt>
          <dd class="num">{progress.t50Seconds ? duration(progress.t50Seconds) : t.notYet}</dd>
        </div>
        <div>
          <dt>{t.t95}</dt>
          <dd class="num">{progress.t95Seconds ? duration(progress.t95Seconds) : t.notYet}</dd>
        </div>
      </dl>
    </figure>
  )
}
