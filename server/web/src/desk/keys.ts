// SPDX-License-Identifier: Apache-2.0
// Keys of the triage desk: one table; the help dialog is drawn from it.

export type Act =
  | 'down'
  | 'up'
  | 'select'
  | 'severity'
  | 'type'
  | 'assign'
  | 'decide'
  | 'promote'
  | 'dismiss'
  | 'open'
  | 'refresh'
  | 'undo'
  | 'search'
  | 'help'

interface Binding {
  keys: readonly string[]
  act: Act
}

const bindings: readonly Binding[] = [
  { keys: ['j', 'ArrowDown'], act: 'down' },
  { keys: ['k', 'ArrowUp'], act: 'up' },
  { keys: ['x'], act: 'select' },
  { keys: ['1', '2', '3', '4', '5'], act: 'severity' },
  { keys: ['t'], act: 'type' },
  { keys: ['a'], act: 'assign' },
  { keys: ['Enter'], act: 'decide' },
  { keys: ['p'], act: 'promote' },
  { keys: ['d'], act: 'dismiss' },
  { keys: ['o'], act: 'open' },
  { keys: ['r'], act: 'refresh' },
  { keys: ['u'], act: 'undo' },
  { keys: ['/'], act: 'search' },
  { keys: ['?'], act: 'help' },
]

// What the help dialog lists: [keys, name of the text].
export const help: readonly (readonly [string, string])[] = [
  ['j k ↓ ↑', 'move'],
  ['x', 'select'],
  ['1 – 5', 'severity'],
  ['t', 'type'],
  ['a', 'assign'],
  ['Enter', 'decide'],
  ['p', 'promote'],
  ['d', 'dismiss'],
  ['o', 'open'],
  ['r', 'refresh'],
  ['u', 'undo'],
  ['/', 'search'],
  ['?', 'help'],
]

interface Press {
  key: string
  ctrlKey: boolean
  metaKey: boolean
  altKey: boolean
  isComposing?: boolean
}

// The act a key stands for; null while typing, with a modifier, or in the middle of Japanese input.
export function actOf(press: Press, target: { tagName?: string; isContentEditable?: boolean } | null): Act | null {
  if (press.ctrlKey || press.metaKey || press.altKey || press.isComposing) return null
  const tag = target?.tagName ?? ''
  if (['INPUT', 'TEXTAREA', 'SELECT'].includes(tag) || target?.isContentEditable) return null
  // Enter on a button or a link presses that.
  if (press.key === 'Enter' && ['BUTTON', 'A', 'SUMMARY'].includes(tag)) return null
  return bindings.find((binding) => binding.keys.includes(press.key))?.act ?? null
}
