// SPDX-License-Identifier: Apache-2.0
// What a screen shows of the server: read whole, and again when a change concerns it. A burst of changes asks once; an answer
// that comes late is dropped.
import { type Signal, signal } from '@preact/signals'
import { useEffect, useMemo } from 'preact/hooks'
import type { FeedChangeJson } from '../gen/sokuo/v1/sync_pb'
import { liveSoon, onLive } from './live'
import { onOutbox } from './outbox'
import type { OutboxItem } from './queue'

const CALM_MS = 500

export interface Held<T> {
  value: Signal<T | null>
  error: Signal<unknown>
  // Reads it anew.
  load(): Promise<void>
}

export interface Concern<T> {
  change(change: FeedChangeJson, now: T | null): boolean
  // What this device did and the server has taken.
  own?(item: OutboxItem): boolean
  // Besides, for what changes without a change of the feed; not while nobody looks.
  everyMs?: number
}

export function useHeld<T>(key: string, read: () => Promise<T>, concern: Concern<T>): Held<T> {
  const held = useMemo(() => {
    const value = signal<T | null>(null)
    const error = signal<unknown>(undefined)
    let turn = 0
    const load = async () => {
      const mine = ++turn
      try {
        const found = await read()
        if (mine !== turn) return
        value.value = found
        error.value = undefined
      } catch (e) {
        if (mine === turn) error.value = e
      }
    }
    return { value, error, load }
  }, [key])
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    let over = false
    void liveSoon().then(() => (over ? undefined : held.load()))
    const soon = () => {
      clearTimeout(timer)
      timer = setTimeout(() => void held.load(), CALM_MS)
    }
    const every = concern.everyMs
      ? setInterval(() => void (document.hidden || held.load()), concern.everyMs)
      : undefined
    const ends = [
      onLive({
        changes: (list) => void (list.some((one) => concern.change(one, held.value.peek())) && soon()),
        reset: soon,
      }),
      onOutbox((item) => void (concern.own?.(item) && soon())),
    ]
    return () => {
      over = true
      clearTimeout(timer)
      clearInterval(every)
      for (const end of ends) end()
    }
  }, [held])
  return held
}
