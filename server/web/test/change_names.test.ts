// SPDX-License-Identifier: Apache-2.0
// Every kind of change that the server writes into a chronology has a name; nobody reads its code.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { changeName, isNamed } from '../src/incident/words'

const root = new URL('../../../', `file://${__dirname}/`).pathname
const folders = ['db/queries', 'db/migrations', 'server/domain', 'server/rpc', 'server/engine', 'server/store']

function kinds(): string[] {
  const found = new Set<string>()
  for (const folder of folders)
    for (const name of readdirSync(join(root, folder)).filter((one) => /\.(c|h|sql)$/.test(one)))
      for (const line of readFileSync(join(root, folder, name), 'utf8').split('\n'))
        if (!/log_\w+\(/.test(line))
          for (const [, kind] of line.matchAll(/["']((?:incident|command|order|call|step|run|entry)\.[a-z_]+)["']/g))
            found.add(kind!)
  return [...found]
}

test('every kind of change that the server writes has a name', () => {
  expect(kinds().length).toBeGreaterThan(40)
  expect(kinds().filter((kind) => !isNamed(kind))).toEqual([])
})

test('a kind that is not known yet is a change, never a bare code', () => {
  expect(changeName('moon.risen')).toBe(changeName('incident.changed'))
})
