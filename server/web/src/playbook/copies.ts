// SPDX-License-Identifier: Apache-2.0
// Which copies a printed pack has: of whom, with which steps.
import { roleName } from '../base/labels'
import type { RoleJson } from '../gen/sokuo/v1/options_pb'
import type { PlaybookStepJson } from '../gen/sokuo/v1/playbook_pb'
import type { Contact } from './contacts'

// The whole plan, the steps of one duty, or a copy for each person with their steps.
export type Scope = RoleJson | 'ALL' | 'EACH'

export interface CopyOf {
  holder: string
  steps: PlaybookStepJson[]
}

const nameOf = (one: Contact) => [one.post, one.person].filter(Boolean).join(' ')

// One copy a person who holds duties of the plan; duties without a known holder get one with an empty line for the name.
function perPerson(steps: readonly PlaybookStepJson[], contacts: readonly Contact[]): CopyOf[] {
  const holders = new Map<string, Set<RoleJson>>()
  const add = (holder: string, role: RoleJson) => holders.set(holder, (holders.get(holder) ?? new Set()).add(role))
  for (const role of new Set(steps.flatMap((step) => step.role ?? []))) {
    const known = contacts.filter((one) => one.role === role && one.person)
    if (known.length === 0) add(`${roleName(role)} ＿＿＿＿＿＿＿＿`, role)
    for (const one of known) add(nameOf(one), role)
  }
  return [...holders].map(([holder, roles]) => ({
    holder,
    steps: steps.filter((step) => step.role && roles.has(step.role)),
  }))
}

// Typed holders come first; without any, the steps of a duty go to those who hold it.
export function copiesOf(
  steps: readonly PlaybookStepJson[],
  scope: Scope,
  typed: readonly string[],
  contacts: readonly Contact[],
): CopyOf[] {
  if (scope === 'EACH') return perPerson(steps, contacts)
  const mine = steps.filter((step) => scope === 'ALL' || step.role === scope)
  const known = contacts.filter((one) => one.role === scope && one.person).map(nameOf)
  const holders = typed.length > 0 ? typed : known
  return (holders.length > 0 ? holders : ['']).map((holder) => ({ holder, steps: mine }))
}

// The contacts that these steps need: who does them, and whom to call.
export function contactsFor(steps: readonly PlaybookStepJson[], contacts: readonly Contact[]): Contact[] {
  const roles = new Set(rolesToCall(steps))
  return contacts.filter((one) => roles.has(one.role))
}

// One line a person, with all duties they hold there.
export function byPerson(contacts: readonly Contact[]): (Contact & { roles: RoleJson[] })[] {
  const lines = new Map<string, Contact & { roles: RoleJson[] }>()
  for (const one of contacts) {
    const line = lines.get(nameOf(one))
    if (line) line.roles.push(one.role)
    else lines.set(nameOf(one), { ...one, roles: [one.role] })
  }
  return [...lines.values()]
}

export function rolesToCall(steps: readonly PlaybookStepJson[]): RoleJson[] {
  return [...new Set(steps.flatMap((step) => [...(step.role ? [step.role] : []), ...(step.call ?? [])]))]
}
