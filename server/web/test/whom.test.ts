// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest'
import { whomToCall } from '../src/incident/whom'

test('who has two duties is telephoned once, at the place of the first; those who are not known by name stay apart', () => {
  const all = whomToCall([
    { role: 'ROLE_POC', personName: '青木 洋子', postName: '係長', phone: '090-1' },
    { role: 'ROLE_POC', postName: '当直' },
    { role: 'ROLE_HANDLER', personName: '青木 洋子', postName: '係長', phone: '090-1' },
    { role: 'ROLE_HANDLER', postName: '当直' },
  ])
  expect(all.map((one) => [one.personName, one.roles])).toEqual([
    ['青木 洋子', ['ROLE_POC', 'ROLE_HANDLER']],
    [undefined, ['ROLE_POC']],
    [undefined, ['ROLE_HANDLER']],
  ])
})
