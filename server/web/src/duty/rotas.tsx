// SPDX-License-Identifier: Apache-2.0
// Rotas: who is on duty now and next, and the shifts of the coming two weeks.
import { useState } from 'preact/hooks'
import { serverNow } from '../base/clock'
import { useHeld } from '../base/held'
import { hasRole, me } from '../base/session'
import { uuid } from '../base/uuid'
import type { RotaJson, RotaOverrideJson, RotaShiftJson } from '../gen/sokuo/v1/duty_pb'
import { Button } from '../ui/button'
import { type Column, Empty, Loading, Table } from '../ui/parts'
import { ErrorNote, toast, toastError } from '../ui/toast'
import { CalendarDialog } from './rota_calendar'
import { RotaEditor } from './rota_editor'
import { SwapDialog } from './rota_swap'
import { t } from './rota_texts'
import { formOf, isOn, nextShift, shiftsOf, shiftTime } from './rota_words'
import { duties } from './services'
import { dutyName } from './words'

const DAYS = 14
// Shifts change hands by the clock, without a change of the feed.
const ASK_MS = 60_000

export const keepsRotas = () =>
  hasRole('ROLE_ADMIN', 'ROLE_CISO', 'ROLE_VCISO', 'ROLE_SISO', 'ROLE_CSIRT_LEAD', 'ROLE_CSIRT_DEPUTY') ||
  hasRole('ROLE_EOC', 'ROLE_FACILITY')

const myId = () => me.value?.person?.id ?? ''

function Name({ person }: { person: { id?: string; name?: string } | undefined }) {
  return (
    <>
      <strong>{person?.name}</strong>
      {person?.id === myId() && <span class="state">{t.you}</span>}
    </>
  )
}

function NowAndNext({ rota }: { rota: RotaJson }) {
  const now = serverNow()
  const on = rota.shifts?.find((shift) => isOn(shift, now))
  const next = nextShift(rota, now)
  return (
    <div class="rota-now">
      {rota.onNow ? (
        <p>
          <span class="small quiet">{t.now}</span> <Name person={rota.onNow} />{' '}
          {on?.until && <span class="small num">{t.until(shiftTime(on.until))}</span>}
        </p>
      ) : (
        <p class="note warn">
          ⚠ {t.nobody} <span class="small">{t.nobodyHint}</span>
        </p>
      )}
      {next?.from && (
        <p>
          <span class="small quiet">{t.next}</span> <Name person={next.person} />{' '}
          <span class="small num">{t.from(shiftTime(next.from))}</span>
        </p>
      )}
    </div>
  )
}

function Shifts({ rota, onSwap }: { rota: RotaJson; onSwap: (shift: RotaShiftJson) => void }) {
  const may = keepsRotas() || (rota.members ?? []).some((one) => one.id === myId())
  const columns: Column<RotaShiftJson>[] = [
    {
      head: t.when,
      cell: ({ from = '', until = '' }) => (
        <span class="rota-span">
          <span class="num">{shiftTime(from)}</span> <span class="num">– {shiftTime(until)}</span>
        </span>
      ),
    },
    {
      head: t.who,
      cell: (shift) => (
        <span class="row">
          <Name person={shift.person} />
          {shift.overridden && <span class="state">⇄ {t.swapped}</span>}
        </span>
      ),
    },
  ]
  if (may)
    columns.push({
      head: '',
      cell: (shift) => (
        <Button
          aria-label={t.swapOf(shift.person?.name ?? '', shiftTime(shift.from ?? ''))}
          onClick={() => onSwap(shift)}
        >
          {t.swap}
        </Button>
      ),
    })
  return (
    <Table
      caption={`${rota.name} ${t.days14}`}
      columns={columns}
      rows={rota.shifts ?? []}
      rowKey={(shift) => shift.from ?? ''}
      empty={<p class="quiet small">{t.nobody}</p>}
    />
  )
}

function Overrides({ rota, onDone }: { rota: RotaJson; onDone: () => void }) {
  const list = rota.overrides ?? []
  if (list.length === 0) return null
  const back = (one: RotaOverrideJson) =>
    void duties.overrideRota({ operationId: uuid(), rotaId: rota.id, takeBackId: one.id }).then(() => {
      toast(t.takenBack)
      onDone()
    }, toastError)
  const may = (one: RotaOverrideJson) =>
    keepsRotas() || [one.person?.id, one.by?.personId].some((id) => id !== undefined && id === myId())
  return (
    <details class="more">
      <summary>
        {t.overrides} <span class="num">({list.length})</span>
      </summary>
      <ul class="list">
        {list.map((one) => (
          <li key={one.id} class="row spread duty-edit">
            <span>
              <span class="num">
                {shiftTime(one.from ?? '')} – {shiftTime(one.until ?? '')}
              </span>{' '}
              <Name person={one.person} /> {one.reason}{' '}
              <span class="small quiet">{one.by?.personName && t.by(one.by.personName)}</span>
            </span>
            {may(one) && <Button onClick={() => back(one)}>{t.takeBack}</Button>}
          </li>
        ))}
      </ul>
    </details>
  )
}

interface CardProps {
  rota: RotaJson
  onEdit: () => void
  onSwap: (shift: RotaShiftJson) => void
  onDone: () => void
}

function Card({ rota, onEdit, onSwap, onDone }: CardProps) {
  const form = formOf(rota, serverNow())
  return (
    <article class="card stack rota" aria-label={rota.name}>
      <div class="row spread">
        <h2>{rota.name}</h2>
        {keepsRotas() && (
          <Button aria-label={`${t.edit}: ${rota.name}`} onClick={onEdit}>
            {t.edit}
          </Button>
        )}
      </div>
      <p class="small quiet">
        {dutyName(rota)} · {t.turn(form.periodDays, form.handOver)}
      </p>
      <NowAndNext rota={rota} />
      <h3>{t.days14}</h3>
      <Shifts rota={rota} onSwap={onSwap} />
      <Overrides rota={rota} onDone={onDone} />
    </article>
  )
}

function Mine({ rotas }: { rotas: RotaJson[] }) {
  const [shift] = shiftsOf(rotas, myId())
  if (!shift?.from || !shift.until) return null
  const on = isOn(shift, serverNow())
  return (
    <p class={`note ${on ? 'good' : ''}`}>
      {on ? `● ${t.mineNow}` : t.mine}{' '}
      <span class="num">{on ? t.until(shiftTime(shift.until)) : t.from(shiftTime(shift.from))}</span>{' '}
      <span class="small">({shift.rotaName})</span>
    </p>
  )
}

type Asked =
  | { kind: 'new' | 'calendar' }
  | { kind: 'edit'; id: string }
  | { kind: 'swap'; id: string; shift: RotaShiftJson }

export default function Rotas() {
  const [asked, ask] = useState<Asked | null>(null)
  const held = useHeld('rotas', () => duties.listRotas({ days: DAYS }), {
    change: (one) => one.stream === 'directory',
    everyMs: ASK_MS,
  })
  const rotas = held.value.value?.rotas ?? []
  const again = () => void held.load()
  const close = (done: boolean) => {
    ask(null)
    if (done) again()
  }
  const of = (id: string) => rotas.find((one) => one.id === id)
  const edited = asked?.kind === 'edit' ? of(asked.id) : undefined
  const swapped = asked?.kind === 'swap' ? of(asked.id) : undefined
  return (
    <div class="stack rotas">
      <p class="small">{t.hint}</p>
      <div class="row">
        {keepsRotas() && <Button onClick={() => ask({ kind: 'new' })}>{t.create}</Button>}
        <Button onClick={() => ask({ kind: 'calendar' })}>{t.calendar}</Button>
      </div>
      <ErrorNote error={held.error.value} onRetry={again} />
      {!held.value.value && !held.error.value && <Loading />}
      {held.value.value && rotas.length === 0 && (
        <Empty title={t.none}>
          <p>{t.noneHint}</p>
          {!keepsRotas() && <p class="small">{t.noneAsk}</p>}
        </Empty>
      )}
      <Mine rotas={rotas} />
      <div class="rota-grid">
        {rotas.map((rota) => (
          <Card
            key={rota.id}
            rota={rota}
            onEdit={() => ask({ kind: 'edit', id: rota.id ?? '' })}
            onSwap={(shift) => ask({ kind: 'swap', id: rota.id ?? '', shift })}
            onDone={again}
          />
        ))}
      </div>
      {asked?.kind === 'new' && <RotaEditor rota={null} rotas={rotas} onClose={close} onStale={again} />}
      {edited && <RotaEditor rota={edited} rotas={rotas} onClose={close} onStale={again} />}
      {swapped && asked?.kind === 'swap' && <SwapDialog rota={swapped} shift={asked.shift} onClose={close} />}
      {asked?.kind === 'calendar' && <CalendarDialog onClose={() => close(false)} />}
    </div>
  )
}
