// SPDX-License-Identifier: Apache-2.0
// How the word came, as a small picture with its name.
import type { ComponentChildren } from 'preact'
import type { MeansJson } from '../gen/sokuo/v1/incident_pb'
import { Shape } from './badge'

const line = { fill: 'none', stroke: 'currentColor', 'stroke-width': 1.4 }
const PICTURE: Record<MeansJson, ComponentChildren> = {
  MEANS_UNSPECIFIED: null,
  MEANS_PHONE: (
    <path
      {...line}
      d="M3 1.5h2.5l1 3-1.5 1a7 7 0 0 0 3.5 3.5l1-1.5 3 1V11a1.5 1.5 0 0 1-1.5 1.5A9.5 9.5 0 0 1 1.5 3 1.5 1.5 0 0 1 3 1.5"
    />
  ),
  MEANS_RADIO: <path {...line} d="M4 5h6v8H4zM8.5 5V1M6 7.5h2" />,
  MEANS_FAX: <path {...line} d="M3.5 5V1.5h7V5M1.5 5h11v5h-11zM3.5 8.5h7v4h-7z" />,
  MEANS_SPOKEN: <path {...line} d="M1.5 2h11v7H7l-3 3V9H1.5z" />,
  MEANS_SYSTEM: <path {...line} d="M1.5 2h11v7.5h-11zM5 12.5h4M7 9.5v3" />,
  MEANS_MAIL: <path {...line} d="M1.5 3h11v8h-11zL7 7.5 12.5 3" />,
  MEANS_PAPER: <path {...line} d="M3 1.5h5.5L11 4v8.5H3zM5 6.5h4M5 9h4" />,
}

export function MeansIcon({ means, label }: { means: MeansJson | undefined; label: string }) {
  const picture = PICTURE[means ?? 'MEANS_UNSPECIFIED']
  if (!picture) return null
  return (
    <span class="means" title={label}>
      <Shape>{picture}</Shape>
      <span class="small">{label}</span>
    </span>
  )
}
