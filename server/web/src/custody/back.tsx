// SPDX-License-Identifier: Apache-2.0
import type { ComponentChildren } from 'preact'

export function Back({ to, children }: { to: string; children: ComponentChildren }) {
  return (
    <a class="button plain no-print" href={to}>
      ‹ {children}
    </a>
  )
}
