// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest'
import { fromBase64, toBase64 } from '../src/contact/words'

test('the keys of a subscription travel as bytes, in either alphabet', () => {
  const bytes = new Uint8Array([4, 251, 255, 190, 0, 62])
  expect(toBase64(bytes.buffer)).toBe('BPv/vgA+')
  expect([...fromBase64('BPv/vgA+')]).toEqual([...bytes])
  expect([...fromBase64('BPv_vgA-')]).toEqual([...bytes])
  expect(toBase64(null)).toBe('')
})
