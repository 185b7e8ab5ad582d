// SPDX-License-Identifier: Apache-2.0
// What shut devices held: how much of it waits, for the desk's tab, and the list.
import { computed, signal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { sync } from '../base/services'
import { hasRole } from '../base/session'
import type { HeldOperationJson, ListHeldResponseJson } from '../gen/sokuo/v1/sync_pb'

// Nothing in the feed tells of it: it is asked for now and then.
const EVERY_MS = 60_000

export const maySettle = computed(() =>
  hasRole('ROLE_CSIRT_LEAD', 'ROLE_CSIRT_DEPUTY', 'ROLE_HANDLER', 'ROLE_CSIRT_MEMBER', 'ROLE_SISO'),
)
export const waiting = signal<ListHeldResponseJson | null>(null)
export const heldFailed = signal<unknown>(null)
export const heldCount = computed(() => waiting.value?.held?.length ?? 0)

export async function loadHeld(): Promise<void> {
  if (!maySettle.peek()) return
  try {
    waiting.value = await sync.listHeld({})
    heldFailed.value = null
  } catch (error) {
    heldFailed.value = error
  }
}

export const settledOnes = async (): Promise<HeldOperationJson[]> => (await sync.listHeld({ settled: true })).held ?? []

// Keeps the count fresh while the desk is looked at.
export function useHeld(): void {
  useEffect(() => {
    void loadHeld()
    const timer = setInterval(() => void (document.hidden || loadHeld()), EVERY_MS)
    return () => clearInterval(timer)
  }, [])
}
