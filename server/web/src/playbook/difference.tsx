// SPDX-License-Identifier: Apache-2.0
// What a revision changes, step by step, as people read it: struck out before, marked after.
import { roleName } from '../base/labels'
import type { PlaybookDifferenceJson, WordsJson } from '../gen/sokuo/v1/playbook_pb'
import { Empty } from '../ui/parts'
import { fieldName, p } from './plan_texts'
import { say } from './words'

const isEmpty = (words: WordsJson | undefined) => !words?.ja && !words?.en

// Differences of one step together, in order.
export function byStep(list: readonly PlaybookDifferenceJson[]): { no: string; list: PlaybookDifferenceJson[] }[] {
  const groups: { no: string; list: PlaybookDifferenceJson[] }[] = []
  for (const one of list) {
    const last = groups.at(-1)
    if (last && last.no === (one.no ?? '')) last.list.push(one)
    else groups.push({ no: one.no ?? '', list: [one] })
  }
  return groups
}

// Before and after in the person's language, or in the other one when only that was changed. A role stands as a word for
// programs; everything else is written for people.
export function sides(one: PlaybookDifferenceJson): [string, string] {
  const { before, after, field } = one
  const [a, b] = [say(before), say(after)]
  if (field === 'role') {
    const name = (word: string) => (word ? roleName(`ROLE_${word.toUpperCase()}` as never) || word : '')
    return [name(a), name(b)]
  }
  if (a !== b) return [a, b]
  return before?.ja !== after?.ja ? [before?.ja ?? '', after?.ja ?? ''] : [before?.en ?? '', after?.en ?? '']
}

function One({ one }: { one: PlaybookDifferenceJson }) {
  const [before, after] = sides(one)
  const name = one.field ? fieldName(one.field) : isEmpty(one.before) ? p.newStep : p.goneStep
  return (
    <div class="difference">
      <dt>{name}</dt>
      <dd>
        {before && <del>{before}</del>}
        {after && <ins>{after}</ins>}
      </dd>
    </div>
  )
}

export function Differences({ list, against }: { list: readonly PlaybookDifferenceJson[]; against: string }) {
  if (list.length === 0) return <Empty title={against ? p.noDifferences : p.firstRevision} />
  return (
    <ul class="differences">
      {byStep(list).map((group, i) => (
        <li key={`${group.no}/${i}`}>
          <h3>{group.no ? `${p.no} ${group.no}` : p.head}</h3>
          <dl>
            {group.list.map((one, j) => (
              <One key={j} one={one} />
            ))}
          </dl>
        </li>
      ))}
    </ul>
  )
}
