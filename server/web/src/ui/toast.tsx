// SPDX-License-Identifier: Apache-2.0
import { signal } from '@preact/signals'
import { CallError } from '../base/rpc'
import { t } from '../base/texts'
import { Button } from './button'

interface Toast {
  id: number
  text: string
  act?: { label: string; run: () => void }
}

const toasts = signal<Toast[]>([])
let count = 0

function drop(id: number): void {
  toasts.value = toasts.peek().filter((toast) => toast.id !== id)
}

// Says what happened, for a few seconds; with an undo for ten.
export function toast(text: string, undo?: () => void): void {
  const id = ++count
  const act = undo && { label: t.undo, run: undo }
  toasts.value = [...toasts.peek().slice(-2), { id, text, act }]
  setTimeout(() => drop(id), undo ? 10_000 : 6_000)
}

// What happened, what was kept, what to do: in this order.
export function describe(error: unknown): string {
  if (!(error instanceof CallError)) return `${t.failed} ${String(error)}`
  if (error.offline) return `${t.noContact}${t.screenKept}${t.tryLater}`
  if (error.info.reason === 'STALE_VERSION') return t.stale
  return error.message
}

export function toastError(error: unknown): void {
  toast(describe(error))
}

export function ErrorNote({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  if (!error) return null
  return (
    <div class="note error" role="alert">
      <p>{typeof error === 'string' ? error : describe(error)}</p>
      {onRetry && (
        <Button look="plain" onClick={onRetry}>
          {t.retry}
        </Button>
      )}
    </div>
  )
}

export function Toasts() {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.value.map((one) => (
        <div class="toast" key={one.id}>
          <span>{one.text}</span>
          {one.act && (
            <Button
              onClick={() => {
                drop(one.id)
                one.act?.run()
              }}
            >
              {one.act.label}
            </Button>
          )}
        </div>
      ))}
    </div>
  )
}
