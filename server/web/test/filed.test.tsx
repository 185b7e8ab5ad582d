// SPDX-License-Identifier: Apache-2.0
import { render } from 'preact'
import { act } from 'preact/test-utils'
import { expect, test, vi } from 'vitest'
import { outbox } from '../src/base/outbox'
import Filed from '../src/incident/filed'

test('who waits for the answer to a filing is told after a while that it is kept, and to telephone', () => {
  vi.useFakeTimers()
  const host = document.createElement('main')
  outbox.value = [
    {
      operationId: 'o',
      accountId: 'me',
      clientId: 'c',
      seq: 1,
      kind: 'file',
      request: {},
      createdAt: '',
      state: 'waiting',
    },
  ] as unknown as typeof outbox.value
  act(() => render(<Filed params={{ operation: 'o' }} query={new URLSearchParams()} />, host))
  expect(host.querySelector('.warn')).toBe(null)
  act(() => void vi.advanceTimersByTime(5_000))
  expect(host.querySelector('.warn')?.textContent).toContain('先に電話してください')
  act(() => render(null, host))
  vi.useRealTimers()
})
