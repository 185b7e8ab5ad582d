// SPDX-License-Identifier: Apache-2.0
import type { ComponentType } from 'preact'
import { useEffect, useState } from 'preact/hooks'

// A part of a screen that is loaded when it is first drawn; without a network it stays away and the rest goes on.
export function lazy<P extends object>(load: () => Promise<{ default: ComponentType<P> }>): ComponentType<P> {
  let loaded: ComponentType<P> | undefined
  return function Lazy(props: P) {
    const [Part, setPart] = useState<ComponentType<P> | undefined>(() => loaded)
    useEffect(() => {
      if (Part) return
      const get = () =>
        load().then(
          (module) => {
            loaded = module.default
            setPart(() => module.default)
          },
          () => undefined,
        )
      void get()
      addEventListener('online', get)
      return () => removeEventListener('online', get)
    }, [Part])
    return Part ? <Part {...props} /> : null
  }
}
