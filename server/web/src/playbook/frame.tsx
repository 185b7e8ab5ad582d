// SPDX-License-Identifier: Apache-2.0
import { maySeePlans } from '../base/session'
import { t } from './texts'

// The two faces of plans: as written, and under way.
export function Tabs({ here }: { here: 'plans' | 'runs' }) {
  const tab = (to: string, name: string, on: boolean) => (
    <a class="tab" href={to} aria-current={on ? 'page' : undefined}>
      {name}
    </a>
  )
  return (
    <>
      <h1 class="hidden-text">{here === 'plans' ? t.plans : t.runs}</h1>
      <nav class="tabs no-print" aria-label={t.plans}>
        {maySeePlans.value && tab('/plans', t.plans, here === 'plans')}
        {tab('/runs', t.runs, here === 'runs')}
      </nav>
    </>
  )
}
