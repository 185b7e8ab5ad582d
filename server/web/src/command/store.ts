// SPDX-License-Identifier: Apache-2.0
// What the command view shows, read whole and again when the incident moves.
import { type Held, useHeld as useHeldOf } from '../base/held'

// Who was reached changes without a change of the incident.
const ASK_MS = 15_000
const ABOUT = /^(order|escalation|call|command|notice|incident|step|run)\b/

export type { Held }

export function useHeld<T>(key: string, read: () => Promise<T>): Held<T> {
  return useHeldOf(key, read, {
    change: (one) => ABOUT.test(one.kind ?? ''),
    own: (item) => item.kind === 'answerOrder' || item.kind === 'takeCommand',
    everyMs: ASK_MS,
  })
}
