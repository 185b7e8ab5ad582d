// SPDX-License-Identifier: Apache-2.0
// Small rules of the test of whom one can reach. Pure.
const OLD_DAYS = 90

// Whoever was reached so long ago may have another number today.
export function isOld(startedAt: string | undefined, now: Date): boolean {
  return !startedAt || now.getTime() - Date.parse(startedAt) > OLD_DAYS * 86_400_000
}

// What was typed, from 1 to 120; anything else is 0.
export function minutesTyped(text: string): number {
  const n = Number(text.normalize('NFKC'))
  return Number.isInteger(n) && n >= 1 && n <= 120 ? n : 0
}
