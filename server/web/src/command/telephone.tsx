// SPDX-License-Identifier: Apache-2.0
// Whom to telephone, by section, with numbers to tap, boxes to write in, and what was heard as an answer.
import { useState } from 'preact/hooks'
import { jstFull, serverNow } from '../base/clock'
import { outbox } from '../base/outbox'
import { me } from '../base/session'
import type { IncidentJson } from '../gen/sokuo/v1/incident_pb'
import type { OrderJson, TelephoneLineJson } from '../gen/sokuo/v1/order_pb'
import { command } from '../order/services'
import { OrderState } from '../order/state'
import { Button } from '../ui/button'
import { Empty, Loading } from '../ui/parts'
import { ErrorNote } from '../ui/toast'
import { addresseeName, Heard } from './addressee'
import { OrderText } from './order_page'
import { Head } from './parts'
import { useHeld } from './store'
import { t } from './texts'

const DIALLED = ['CONTACT_KIND_MOBILE', 'CONTACT_KIND_PHONE', 'CONTACT_KIND_SMS']

interface Group {
  name: string
  department: string
  phone: string
  lines: TelephoneLineJson[]
}

// One group a section, in the order of the list.
export function bySection(lines: readonly TelephoneLineJson[]): Group[] {
  const groups = new Map<string, Group>()
  for (const line of lines) {
    const key = line.section?.id || line.department?.id || ''
    const group = groups.get(key) ?? {
      name: line.section?.name || line.department?.name || t.city,
      department: line.section?.name ? (line.department?.name ?? '') : '',
      phone: line.sectionPhone ?? '',
      lines: [],
    }
    group.lines.push(line)
    groups.set(key, group)
  }
  return [...groups.values()]
}

function Dial({ number, label }: { number: string; label?: string }) {
  return (
    <a class="button dial-number" href={`tel:${number.replace(/[^\d+]/g, '')}`}>
      <span aria-hidden="true">☎</span> {label && <span class="small">{label}</span>} <span class="num">{number}</span>
    </a>
  )
}

function Line({ line, order, may }: { line: TelephoneLineJson; order: OrderJson; may: boolean }) {
  const [open, setOpen] = useState(false)
  const one = line.addressee ?? {}
  const numbers = (line.contacts ?? []).filter((point) => point.address && DIALLED.includes(point.kind ?? ''))
  const said = outbox.value.some(
    (item) =>
      item.kind === 'answerOrder' &&
      item.request.orderId === order.id &&
      (item.request.addresseeIds as string[] | undefined)?.includes(one.id ?? ''),
  )
  return (
    <li class="phone-line">
      <p class="row spread">
        <strong>{addresseeName({ ...one, unit: undefined })}</strong>
        <OrderState value={one.state} />
      </p>
      <p class="row">
        {numbers.map((point) => (
          <Dial key={point.id} number={point.address ?? ''} />
        ))}
        {numbers.length === 0 && <span class="unknown">{t.noNumber}</span>}
        <span class="print-only boxes">□ 了解 □ 完了 □ できない □ 不在 ＿＿:＿＿</span>
      </p>
      {said ? (
        <p class="small">✓ {t.answeredByPhone}</p>
      ) : (
        may && (
          <div class="no-print">
            <Button aria-expanded={open} onClick={() => setOpen(!open)}>
              {t.answeredByPhone}
            </Button>
            {open && <Heard order={order} one={one} onDone={() => setOpen(false)} />}
          </div>
        )
      )}
    </li>
  )
}

export function Telephone({ incident, id }: { incident: IncidentJson; id: string }) {
  const held = useHeld(`telephone/${id}`, () => command.getOrder({ orderId: id, telephone: true }))
  const found = held.value.value
  const groups = bySection(found?.telephone ?? [])
  return (
    <div class="page stack command telephone">
      <Head incident={incident} back />
      <ErrorNote error={held.error.value} onRetry={() => void held.load()} />
      {!found && !held.error.value && <Loading />}
      {found?.order && (
        <>
          <OrderText order={found.order} />
          <div class="row spread">
            <h2>
              {t.telephoneTitle} <span class="num">({found.telephone?.length ?? 0})</span>
            </h2>
            <Button class="no-print" onClick={() => print()}>
              {t.print}
            </Button>
          </div>
          <p class="small quiet no-print">{t.telephoneHint}</p>
          <p class="print-only small">{t.printedAt(jstFull(serverNow()), me.value?.person?.name ?? '')}</p>
          {groups.length === 0 && (
            <Empty title={t.telephoneNone}>
              <p>{t.telephoneNoneHint}</p>
            </Empty>
          )}
          <div class="phone-groups">
            {groups.map((group) => (
              <section key={`${group.department}/${group.name}`} class="phone-group">
                <div class="row spread">
                  <h3>
                    {group.name} <span class="small quiet">{group.department}</span>
                  </h3>
                  {group.phone && <Dial number={group.phone} label={t.sectionPhone} />}
                </div>
                <ul>
                  {group.lines.map((line) => (
                    <Line key={line.addressee?.id} line={line} order={found.order!} may={found.mayAnswerFor ?? false} />
                  ))}
                </ul>
              </section>
            ))}
          </div>
        </>
      )}
    </div>
  )
}
