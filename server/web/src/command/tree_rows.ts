// SPDX-License-Identifier: Apache-2.0
// The command tree as the table shows it: the city, its departments, their sections. Pure.
import type { CommandTreeRowJson } from '../gen/sokuo/v1/order_pb'
import { isSilent } from '../order/merge'

export interface Branch {
  // The row of the city or of a department.
  top: CommandTreeRowJson
  sections: CommandTreeRowJson[]
  // Sections whose head was addressed, and of them answered.
  asked: number
  answered: number
}

// Somebody of this row has not answered.
export function isOpen(row: CommandTreeRowJson): boolean {
  const head = row.head !== undefined && isSilent(row.head.state)
  return head || (row.personCount ?? 0) > (row.personAnsweredCount ?? 0)
}

export function branches(rows: readonly CommandTreeRowJson[]): Branch[] {
  const out: Branch[] = []
  for (const row of rows) {
    // A department whose head was not asked has no row of its own.
    const home = (row.depth ?? 0) === 2 ? row.head?.department : undefined
    if (home?.id && out.at(-1)?.top.unit?.id !== home.id)
      out.push({ top: { unit: home, depth: 1 }, sections: [], asked: 0, answered: 0 })
    const last = out.at(-1)
    if ((row.depth ?? 0) < 2 || !last) out.push({ top: row, sections: [], asked: 0, answered: 0 })
    else {
      last.sections.push(row)
      if (row.head) last.asked++
      if (row.head && !isSilent(row.head.state)) last.answered++
    }
  }
  return out
}

// Only what somebody has still to answer in.
export function onlyOpen(list: readonly Branch[]): Branch[] {
  return list
    .map((branch) => ({ ...branch, sections: branch.sections.filter(isOpen) }))
    .filter((branch) => branch.sections.length > 0 || isOpen(branch.top))
}
