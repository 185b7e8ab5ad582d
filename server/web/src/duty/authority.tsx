// SPDX-License-Identifier: Apache-2.0
// The table of who may do what, as it holds today, with what is to come and what was changed.
import { useState } from 'preact/hooks'
import { jstFull, serverNow } from '../base/clock'
import { useHeld } from '../base/held'
import { roleName } from '../base/labels'
import { me } from '../base/session'
import type { AuthorityActJson, AuthorityJson } from '../gen/sokuo/v1/duty_pb'
import type { RoleJson } from '../gen/sokuo/v1/options_pb'
import { Select } from '../ui/field'
import { type Column, Loading, Table } from '../ui/parts'
import { ErrorNote } from '../ui/toast'
import { AuthorityDialog, ChangeLine } from './authority_edit'
import { Sign, Signs } from './authority_sign'
import { t } from './authority_texts'
import { actName, type Cell, cellOf, comingOf, levelName, ownRole, rolesOf } from './authority_words'
import { duties } from './services'

const ALL = 'ALL'
type Chosen = RoleJson | typeof ALL
const CHOICES: Chosen[] = [ALL, ...roleName.keys]
// A phone shows one duty's column: one's own to begin with.
const isNarrow = () => matchMedia('(max-width: 899px)').matches

function CellButton(props: { cell: AuthorityJson; coming: AuthorityJson | undefined; onOpen: () => void }) {
  const { cell, coming, onOpen } = props
  const [low, high] = [cell.level, cell.levelS3]
  const words = low === high ? levelName(low) : t.both(levelName(low), levelName(high))
  return (
    <button
      type="button"
      class={`authority-cell ${cell.validFrom ? 'own' : ''}`}
      aria-label={[
        t.open(actName(cell.act), roleName(cell.role), words),
        cell.validFrom && t.own,
        coming?.validFrom && t.coming(coming.validFrom),
      ]
        .filter(Boolean)
        .join('、')}
      onClick={onOpen}
    >
      <Signs cell={cell} />
      {cell.validFrom && <span class="small">{t.own}</span>}
      {coming?.validFrom && <span class="small authority-coming">{t.coming(coming.validFrom.slice(5))}</span>}
    </button>
  )
}

function Legend() {
  return (
    <ul class="authority-legend small" aria-label={t.legend}>
      {levelName.keys.map((level) => (
        <li key={level}>
          <Sign level={level} />
        </li>
      ))}
    </ul>
  )
}

interface TableProps {
  list: AuthorityJson[]
  changes: AuthorityJson[]
  roles: RoleJson[]
  today: string
  onOpen: (cell: Cell) => void
}

function Matrix({ list, changes, roles, today, onOpen }: TableProps) {
  const columns: Column<AuthorityActJson>[] = [
    {
      head: roles.length > 1 ? t.act : <span>{t.act}</span>,
      cell: (act) => (
        <strong>
          {actName(act)} {list.some((one) => one.act === act && one.actsFirst) && <span>{t.actsFirst}</span>}
        </strong>
      ),
    },
    ...roles.map((role) => ({
      // Alone on a phone, the duty stands above the table and not in each row.
      head: roles.length > 1 ? roleName(role) : <span>{roleName(role)}</span>,
      cell: (act: AuthorityActJson) => (
        <CellButton
          cell={cellOf(list, { act, role })}
          coming={comingOf(changes, { act, role }, today)[0]}
          onOpen={() => onOpen({ act, role })}
        />
      ),
    })),
  ]
  return (
    <div class={`authority ${roles.length > 1 ? 'many' : 'one'}`}>
      <Table caption={t.hint} columns={columns} rows={actName.keys} rowKey={(act) => act} />
    </div>
  )
}

export default function Authorities() {
  const held = useHeld('authorities', () => duties.listAuthorities({ history: true }), {
    change: (one) => one.stream === 'directory',
  })
  const [wanted, want] = useState<Chosen | ''>('')
  const [open, setOpen] = useState<Cell | null>(null)
  const answer = held.value.value
  const list = answer?.authorities ?? []
  const changes = answer?.changes ?? []
  const today = jstFull(serverNow()).slice(0, 10)
  const chosen: Chosen = wanted || (isNarrow() ? (ownRole(list, me.value?.roles ?? []) ?? 'ROLE_CISO') : ALL)
  const again = () => void held.load()
  return (
    <div class="stack">
      <p class="small">{t.hint}</p>
      <p class="small">{t.isolation}</p>
      <ErrorNote error={held.error.value} onRetry={again} />
      {!answer && !held.error.value && <Loading />}
      {answer && (
        <>
          <div class="authority-head">
            <Select
              label={t.role}
              value={chosen}
              options={CHOICES}
              name={(one) => (one === ALL ? t.everyRole : roleName(one))}
              onChange={want}
            />
            <Legend />
          </div>
          <Matrix
            list={list}
            changes={changes}
            roles={chosen === ALL ? rolesOf(list) : [chosen]}
            today={today}
            onOpen={setOpen}
          />
          <section class="stack">
            <h2>{t.history}</h2>
            {changes.length === 0 && <p class="quiet">{t.historyNone}</p>}
            <ul class="list">
              {changes.map((one, i) => (
                <ChangeLine key={i} change={one} today={today} named />
              ))}
            </ul>
          </section>
        </>
      )}
      {open && (
        <AuthorityDialog
          cell={cellOf(list, open)}
          changes={changes}
          today={today}
          onClose={(saved) => {
            setOpen(null)
            if (saved) again()
          }}
        />
      )}
    </div>
  )
}
