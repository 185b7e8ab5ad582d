// SPDX-License-Identifier: Apache-2.0
import type { ComponentChildren, JSX } from 'preact'
import { useRef, useState } from 'preact/hooks'
import { t } from '../base/texts'

type Look = 'primary' | 'solid' | 'plain' | 'danger' | 'normal'

interface ButtonProps extends Omit<JSX.IntrinsicElements['button'], 'type' | 'disabled'> {
  look?: Look
  type?: 'button' | 'submit'
  // Runs now: the button stays, says so, and takes no second press.
  busy?: boolean
  disabled?: boolean
  children: ComponentChildren
}

// A verb. primary: the one act of the screen, 56 px, full width; the others 44 px.
export function Button({ look = 'normal', type = 'button', busy, disabled, onClick, children, ...rest }: ButtonProps) {
  const off = busy || disabled
  return (
    <button
      {...rest}
      type={type}
      class={`button ${look} ${rest.class ?? ''}`}
      aria-disabled={off ? 'true' : undefined}
      aria-busy={busy ? 'true' : undefined}
      onClick={(event) => {
        if (off) event.preventDefault()
        else onClick?.(event)
      }}
    >
      {children}
    </button>
  )
}

// A large act: takes effect after it was held for one second, by finger or by key.
export function HoldButton(props: { onHeld: () => void; look?: Look; busy?: boolean; children: ComponentChildren }) {
  const [held, setHeld] = useState(false)
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined)
  const stop = () => {
    clearTimeout(timer.current)
    setHeld(false)
  }
  const start = () => {
    if (props.busy) return
    stop()
    setHeld(true)
    timer.current = setTimeout(() => {
      setHeld(false)
      props.onHeld()
    }, 1000)
  }
  const isPress = (event: KeyboardEvent) => event.key === 'Enter' || event.key === ' '
  return (
    <button
      type="button"
      class={`button hold ${props.look ?? 'danger'} ${held ? 'held' : ''}`}
      title={t.hold}
      aria-description={t.hold}
      aria-disabled={props.busy ? 'true' : undefined}
      onPointerDown={start}
      onPointerUp={stop}
      onPointerLeave={stop}
      onContextMenu={(event) => event.preventDefault()}
      onKeyDown={(event) => {
        if (!isPress(event)) return
        event.preventDefault()
        if (!event.repeat) start()
      }}
      onKeyUp={(event) => isPress(event) && stop()}
      onBlur={stop}
    >
      {props.children}
    </button>
  )
}
