// SPDX-License-Identifier: Apache-2.0
// What the incident's page shows of its command: the latest orders, red calls, and the way to the rest.
import type { IncidentJson } from '../gen/sokuo/v1/incident_pb'
import { escalation, command as orders } from '../order/services'
import './command.css'
import { isOver } from './calls'
import { OrderRow } from './overview'
import { useHeld } from './store'
import { t } from './texts'

const SHOWN = 3

export default function CommandPanel({ incident }: { incident: IncidentJson }) {
  const id = incident.id ?? ''
  const number = incident.number ?? ''
  const list = useHeld(`orders/${id}`, () => orders.listOrders({ incidentId: id }))
  const calls = useHeld(`calls/${id}`, () => escalation.listEscalations({ incidentId: id }))
  const red = (calls.value.value?.escalations ?? []).filter((one) => one.isRed && !isOver(one))
  const given = list.value.value?.orders ?? []
  return (
    <section class="stack command-panel no-print">
      <h2>{t.title}</h2>
      {red.map((one) => (
        <p key={one.id} class="note error" role="alert">
          ⚠ {t.red}: {one.reason}
        </p>
      ))}
      <div class="row">
        <a class="button" href={`/command/${number}`}>
          {t.seeAll}
        </a>
        {list.value.value?.mayIssue && (
          <a class="button" href={`/command/${number}/new`}>
            {t.issue}
          </a>
        )}
      </div>
      {given.length > 0 && (
        <ul class="list">
          {given.slice(0, SHOWN).map((order) => (
            <OrderRow key={order.id} order={order} number={number} />
          ))}
        </ul>
      )}
    </section>
  )
}
