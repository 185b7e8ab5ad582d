// SPDX-License-Identifier: Apache-2.0
// A style sheet stays on the page when its screen is left: what one screen names bare, no other may name, too.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const source = new URL('../src/', `file://${__dirname}/`).pathname
const sheets = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.css'))

// The classes a sheet gives a look by themselves, such as .card { … }.
function bareClasses(css: string): string[] {
  const plain = css.replace(/\/\*[\s\S]*?\*\//g, '')
  const selectors = [...plain.matchAll(/([^{};]+)\{/g)].flatMap((rule) => (rule[1] ?? '').split(','))
  return selectors.map((one) => one.trim()).filter((one) => /^\.[\w-]+$/.test(one))
}

test('no two screens give a look to the same bare class', () => {
  const owners = new Map<string, Set<string>>()
  for (const sheet of sheets) {
    const folder = sheet.split('/')[0] ?? ''
    for (const name of bareClasses(readFileSync(join(source, sheet), 'utf8')))
      owners.set(name, (owners.get(name) ?? new Set()).add(folder))
  }
  expect(sheets.length).toBeGreaterThan(5)
  expect([...owners].filter(([, folders]) => folders.size > 1).map(([name, folders]) => [name, ...folders])).toEqual([])
})
