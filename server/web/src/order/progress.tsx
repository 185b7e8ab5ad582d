// SPDX-License-Identifier: Apache-2.0
// So many of how many, as of when. Never a number alone.
import type { ComponentChildren } from 'preact'
import { jstShort } from '../base/clock'
import type { OrderProgressJson } from '../gen/sokuo/v1/order_pb'
import { t } from './texts'

function Part({ n, of, name }: { n: number; of: number; name: ComponentChildren }) {
  if (of === 0) return null
  return (
    <li>
      <span class="num">
        <strong>{n}</strong> / {of}
      </span>{' '}
      {name}
      <progress class="reach" max={of} value={n} aria-label={typeof name === 'string' ? name : undefined} />
    </li>
  )
}

export function Reached({ progress: p }: { progress: OrderProgressJson | undefined }) {
  if (!p?.addresseeCount) return <p class="unknown">{t.othersUnknown}</p>
  return (
    <>
      <ul class="reached">
        <Part n={p.departmentAnsweredCount ?? 0} of={p.departmentCount ?? 0} name={t.departments} />
        <Part n={p.sectionAnsweredCount ?? 0} of={p.sectionCount ?? 0} name={t.sections} />
        <Part n={p.answeredCount ?? 0} of={p.addresseeCount} name={t.people} />
      </ul>
      <p class="small quiet">
        {t.unanswered(p.unansweredCount ?? 0)} · {p.asOf && t.asOf(jstShort(p.asOf))}
      </p>
    </>
  )
}
