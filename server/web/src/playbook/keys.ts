// SPDX-License-Identifier: Apache-2.0
// ↑ ↓ through a list, and one key an act; quiet while somebody types or a dialog is open.
import { useEffect, useRef, useState } from 'preact/hooks'

type Acts = Record<string, (key: string) => unknown>

function typing(event: KeyboardEvent): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return true
  const target = event.target as HTMLElement | null
  const tag = target?.tagName ?? ''
  if (['INPUT', 'TEXTAREA', 'SELECT'].includes(tag) || target?.isContentEditable) return true
  if (event.key === 'Enter' && ['BUTTON', 'A', 'SUMMARY'].includes(tag)) return true
  return Boolean(document.querySelector('dialog[open]'))
}

// The key after or before; stays at the ends.
export function stepped(order: readonly string[], here: string, by: 1 | -1): string {
  const at = order.indexOf(here)
  if (at < 0) return order[by === 1 ? 0 : order.length - 1] ?? ''
  return order[Math.min(Math.max(at + by, 0), order.length - 1)] ?? ''
}

// Where the cursor stands in `order`; rows carry their key as `attribute`.
export function useListKeys(order: readonly string[], attribute: string, acts: Acts): string {
  const [here, setHere] = useState('')
  const now = useRef({ order, acts, here })
  now.current = { order, acts, here }
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (typing(event)) return
      const state = now.current
      const down = event.key === 'ArrowDown' || event.key === 'j'
      if (down || event.key === 'ArrowUp' || event.key === 'k') {
        event.preventDefault()
        const next = stepped(state.order, state.here, down ? 1 : -1)
        setHere(next)
        document.querySelector(`[${attribute}="${CSS.escape(next)}"]`)?.scrollIntoView({ block: 'nearest' })
        return
      }
      const act = state.acts[event.key]
      if (!act || (event.key === 'Enter' && !state.here)) return
      event.preventDefault()
      act(state.here)
    }
    document.addEventListener('keydown', press)
    return () => document.removeEventListener('keydown', press)
  }, [])
  return here
}
