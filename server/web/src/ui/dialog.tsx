// SPDX-License-Identifier: Apache-2.0
import type { ComponentChildren } from 'preact'
import { useEffect, useId, useRef } from 'preact/hooks'
import { t } from '../base/texts'
import { Button } from './button'
import { ErrorNote } from './toast'

interface DialogProps {
  title: ComponentChildren
  wide?: boolean
  onClose: () => void
  children: ComponentChildren
}

// A question over the screen. Esc closes it; drafts stay.
export function Dialog({ title, wide, onClose, children }: DialogProps) {
  const id = useId()
  const ref = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    const dialog = ref.current
    if (dialog && !dialog.open) dialog.showModal?.()
    return () => dialog?.close?.()
  }, [])
  return (
    <dialog
      ref={ref}
      class={`dialog stack ${wide ? 'wide' : ''}`}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault()
        onClose()
      }}
    >
      <h2 id={id}>{title}</h2>
      {children}
    </dialog>
  )
}

interface FormDialogProps extends DialogProps {
  submit: ComponentChildren
  busy?: boolean
  error?: unknown
  disabled?: boolean
  danger?: boolean
  onSubmit: () => void
}

// A dialog that ends with one act. Ctrl+Enter acts, too.
export function FormDialog({ submit, busy, error, disabled, danger, onSubmit, children, ...rest }: FormDialogProps) {
  const act = () => {
    if (!busy && !disabled) onSubmit()
  }
  return (
    <Dialog {...rest}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault()
          act()
        }}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
            event.preventDefault()
            act()
          }
        }}
      >
        {children}
        <ErrorNote error={error} />
        <div class="acts">
          <Button onClick={rest.onClose}>{t.cancel}</Button>
          <Button look={danger ? 'danger' : 'solid'} type="submit" busy={busy} disabled={disabled}>
            {submit}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
