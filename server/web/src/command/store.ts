// SPDX-License-Identifier: Apache-2.0
// What the command view shows, read whole and again when the incident moves. A burst of changes asks once.
import { type Signal, signal } from '@preact/signals'
import { useEffect, useMemo } from 'preact/hooks'
import { liveSoon, onLive } from '../base/live'
import { onOutbox } from '../base/outbox'

const CALM_MS = 500
// Who was reached changes without a change of the incident.
const ASK_MS = 15_000

export interface Held<T> {
  value: Signal<T | null>
  error: Signal<unknown>
  load(): Promise<void>
}

const ABOUT = /^(order|escalation|call|command|notice|incident|step|run)\b/

// Reads now, and again with each change that may concern it; an answer that comes late is dropped.
export function useHeld<T>(key: string, read: () => Promise<T>): Held<T> {
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
    const every = setInterval(() => void (document.hidden || held.load()), ASK_MS)
    const ends = [
      onLive({ changes: (list) => void (list.some((one) => ABOUT.test(one.kind ?? '')) && soon()), reset: soon }),
      onOutbox((item) => void ((item.kind === 'answerOrder' || item.kind === 'takeCommand') && soon())),
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
