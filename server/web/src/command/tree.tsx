// SPDX-License-Identifier: Apache-2.0
// The command tree filling up: the city, departments, sections; each head's state by shape and word.
import { useState } from 'preact/hooks'
import type { CommandTreeRowJson, OrderAddresseeJson } from '../gen/sokuo/v1/order_pb'
import { isSilent } from '../order/merge'
import { OrderState } from '../order/state'
import { Chips } from '../ui/field'
import { Empty } from '../ui/parts'
import { Time } from '../ui/time'
import { t } from './texts'
import { type Branch, branches, onlyOpen } from './tree_rows'

type Pick = (one: OrderAddresseeJson) => void

function lastOf(head: OrderAddresseeJson): string | undefined {
  const { confirmedAt, doneAt, refusedAt, acceptedAt, acknowledgedAt, readAt, deliveredAt, sentAt } = head
  if (isSilent(head.state)) return readAt ?? deliveredAt ?? sentAt
  return confirmedAt ?? doneAt ?? refusedAt ?? acceptedAt ?? acknowledgedAt
}

function Staff({ row }: { row: CommandTreeRowJson }) {
  const of = row.personCount ?? 0
  if (of === 0) return null
  return (
    <>
      <span class="num">
        {row.personAnsweredCount ?? 0}/{of}
      </span>
      {(row.personUnreachableCount ?? 0) > 0 && (
        <span class="late small"> ⚠ {t.unreachable(row.personUnreachableCount ?? 0)}</span>
      )}
    </>
  )
}

function HeadCells({ head, onPick }: { head: OrderAddresseeJson | undefined; onPick: Pick }) {
  if (!head)
    return (
      <>
        <td class="tree-head" />
        <td />
      </>
    )
  const name = head.person?.name ? head.person.name + (head.isDeputy ? t.deputy : '') : t.vacant
  return (
    <>
      <td class="tree-head">{head.person?.name ? name : <span class="unknown">{name}</span>}</td>
      <td class="tree-state">
        <button type="button" class="tree-button" onClick={() => onPick(head)}>
          <OrderState value={head.state} />
          <span class="small quiet">{lastOf(head) && <Time at={lastOf(head)} />}</span>
          <span class="hidden-text"> {name}</span>
        </button>
      </td>
    </>
  )
}

function BranchRows(props: { branch: Branch; open: boolean; onToggle: () => void; onPick: Pick }) {
  const { branch, open, onToggle, onPick } = props
  const { top } = branch
  return (
    <tbody>
      <tr class={`depth${top.depth ?? 0}`}>
        <th scope="row">
          {branch.sections.length > 0 ? (
            <button type="button" class="tree-toggle" aria-expanded={open} onClick={onToggle}>
              <span aria-hidden="true">{open ? '▾' : '▸'}</span>
              <span>
                {top.unit?.name ?? t.city}{' '}
                <span class="small quiet num">
                  {branch.answered}/{branch.asked}
                </span>
              </span>
            </button>
          ) : (
            <span class="tree-leaf">{top.unit?.name ?? t.city}</span>
          )}
        </th>
        <HeadCells head={top.head} onPick={onPick} />
        <td>
          <Staff row={top} />
        </td>
      </tr>
      {open &&
        branch.sections.map((row) => (
          <tr key={row.unit?.id} class="depth2">
            <th scope="row">{row.unit?.name}</th>
            <HeadCells head={row.head} onPick={onPick} />
            <td>
              <Staff row={row} />
            </td>
          </tr>
        ))}
    </tbody>
  )
}

const wide = () => matchMedia('(min-width: 900px)').matches

export function Tree({ rows, onPick }: { rows: CommandTreeRowJson[]; onPick: Pick }) {
  const [filter, setFilter] = useState<'all' | 'silent'>('all')
  // What the person opened or closed; the rest is open on the desk.
  const [toggled, setToggled] = useState<Record<string, boolean>>({})
  const all = branches(rows)
  const shown = filter === 'all' ? all : onlyOpen(all)
  return (
    <section class="stack">
      <div class="row spread">
        <h2>{t.tree}</h2>
        <Chips
          label={t.tree}
          single
          dense
          options={['all', 'silent'] as const}
          name={(one) => (one === 'all' ? t.all : t.onlySilent)}
          value={[filter]}
          onChange={([one]) => setFilter(one ?? 'all')}
        />
      </div>
      {shown.length === 0 ? (
        <Empty title={t.silentNone} />
      ) : (
        <table class="tree">
          <caption class="hidden-text">{t.tree}</caption>
          <thead>
            <tr>
              <th scope="col">{t.unit}</th>
              <th scope="col" class="tree-head">
                {t.head}
              </th>
              <th scope="col">{t.state}</th>
              <th scope="col">{t.staff}</th>
            </tr>
          </thead>
          {shown.map((branch) => {
            const key = branch.top.unit?.id ?? ''
            const open = toggled[key] ?? (wide() || filter === 'silent')
            return (
              <BranchRows
                key={key}
                branch={branch}
                open={open}
                onToggle={() => setToggled({ ...toggled, [key]: !open })}
                onPick={onPick}
              />
            )
          })}
        </table>
      )}
    </section>
  )
}
