// SPDX-License-Identifier: Apache-2.0
// Sections and systems of the city, read once a page when a screen first needs them.
import { computed, signal } from '@preact/signals'
import type { SystemJson, UnitJson } from '../gen/sokuo/v1/directory_pb'
import { directory } from './services'

export const units = signal<UnitJson[]>([])
export const systems = signal<SystemJson[]>([])

let asked = false

// Reads both; without a network the lists stay empty and everything else goes on.
export function cityNeeded(): void {
  if (asked) return
  asked = true
  Promise.all([directory.listUnits({}), directory.listSystems({})]).then(
    ([u, s]) => {
      units.value = u.units ?? []
      systems.value = s.systems ?? []
    },
    () => {
      asked = false
    },
  )
}

export interface Choice {
  id: string
  name: string
  // What stands behind the name: the department of a section, the section of a system.
  more?: string
}

export const sectionChoices = computed<Choice[]>(() => {
  const byId = new Map(units.value.map((unit) => [unit.id, unit.name]))
  return units.value
    .filter((unit) => unit.kind === 'UNIT_KIND_SECTION' && unit.active)
    .map((unit) => ({ id: unit.id ?? '', name: unit.name ?? '', more: byId.get(unit.parentId) }))
})

export const systemChoices = computed<Choice[]>(() =>
  systems.value
    .filter((system) => system.active)
    .map((system) => ({ id: system.id ?? '', name: system.name ?? '', more: system.section?.name })),
)
