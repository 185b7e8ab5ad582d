// SPDX-License-Identifier: Apache-2.0
// Whom an order is for: the usual circles as chips, units, duties and people behind one button.
import { computed } from '@preact/signals'
import { useState } from 'preact/hooks'
import { type Choice, cityNeeded, units } from '../base/city'
import { roleName } from '../base/labels'
import type { RoleJson } from '../gen/sokuo/v1/options_pb'
import type { OrderTargetJson } from '../gen/sokuo/v1/order_pb'
import { Button } from '../ui/button'
import { Select } from '../ui/field'
import { PersonPick, Picks } from '../ui/picks'
import { sameTarget, targetName } from './target_words'
import { t } from './texts'

const USUAL: OrderTargetJson[] = [
  { kind: 'ORDER_TARGET_KIND_DUTY', role: 'ROLE_ISM' },
  { kind: 'ORDER_TARGET_KIND_DUTY', role: 'ROLE_ISO' },
  { kind: 'ORDER_TARGET_KIND_TEAM' },
  { kind: 'ORDER_TARGET_KIND_ALL' },
]

export const unitChoices = computed<Choice[]>(() => {
  const byId = new Map(units.value.map((unit) => [unit.id, unit.name]))
  return units.value
    .filter((unit) => unit.active && unit.kind !== 'UNIT_KIND_ORGAN')
    .map((unit) => ({ id: unit.id ?? '', name: unit.name ?? '', more: byId.get(unit.parentId) }))
})

interface Props {
  value: readonly OrderTargetJson[]
  people: Readonly<Record<string, string>>
  onChange: (value: OrderTargetJson[], people: Record<string, string>) => void
}

function More({ value, people, onChange }: Props) {
  const add = (target: OrderTargetJson, names = people) =>
    onChange([...value.filter((one) => !sameTarget(one, target)), target], { ...names })
  const addPerson = (id: string, name: string) => {
    const group = value.find((one) => one.kind === 'ORDER_TARGET_KIND_PERSONS')
    const personIds = [...new Set([...(group?.personIds ?? []), id])]
    const rest = value.filter((one) => one !== group)
    onChange([...rest, { kind: 'ORDER_TARGET_KIND_PERSONS', personIds }], { ...people, [id]: name })
  }
  return (
    <div class="stack target-more">
      <Picks
        label={t.unitPick}
        choices={unitChoices.value}
        value={[]}
        onChange={([unitId]) => unitId && add({ kind: 'ORDER_TARGET_KIND_UNIT', unitId })}
      />
      <PersonPick
        label={t.personPick}
        value={null}
        onChange={(person) => person?.id && addPerson(person.id, person.name ?? '')}
      />
      <Select
        label={t.rolePick}
        value={'' as RoleJson | ''}
        options={['', ...roleName.keys]}
        name={(role) => (role ? roleName(role) : '—')}
        onChange={(role) => role && add({ kind: 'ORDER_TARGET_KIND_DUTY', role })}
      />
    </div>
  )
}

export function Targets(props: Props) {
  cityNeeded()
  const [more, setMore] = useState(false)
  const { value, people, onChange } = props
  const others = value.filter((one) => !USUAL.some((usual) => sameTarget(one, usual)))
  const has = (target: OrderTargetJson) => value.some((one) => sameTarget(one, target))
  const toggle = (target: OrderTargetJson) =>
    onChange(has(target) ? value.filter((one) => !sameTarget(one, target)) : [...value, target], { ...people })
  return (
    <div class="field">
      <div class="head">{t.targets}</div>
      <fieldset class="chips" aria-label={t.targets}>
        {[...USUAL, ...others].map((target) => (
          <button
            key={JSON.stringify(target)}
            type="button"
            class="chip"
            aria-pressed={has(target)}
            onClick={() => toggle(target)}
          >
            {targetName(target, unitChoices.value, people)}
          </button>
        ))}
        <Button look="plain" aria-expanded={more} onClick={() => setMore(!more)}>
          {t.targetAdd}
        </Button>
      </fieldset>
      {more && <More {...props} />}
    </div>
  )
}
