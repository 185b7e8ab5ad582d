// SPDX-License-Identifier: Apache-2.0
// Addresses and screens. Each screen is loaded when it is first needed.
import { signal } from '@preact/signals'
import type { ComponentType } from 'preact'

export interface ScreenProps {
  // Parts of the address that a ':name' stands for; '*' holds the rest.
  params: Record<string, string>
  query: URLSearchParams
}

export interface Route {
  // Such as '/incident/:id' or '/desk/*'.
  path: string
  load: () => Promise<{ default: ComponentType<ScreenProps> }>
}

export const address = signal(location.pathname + location.search)

// Goes to an address of ours.
export function navigate(to: string, how: 'push' | 'replace' = 'push'): void {
  if (to === location.pathname + location.search) return
  if (how === 'push') history.pushState(null, '', to)
  else history.replaceState(null, '', to)
  address.value = location.pathname + location.search
  if (how === 'push') scrollTo(0, 0)
}

// The parameters when the path fits the pattern, else null.
export function match(pattern: string, path: string): Record<string, string> | null {
  const want = pattern.split('/').filter(Boolean)
  const have = path.split('/').filter(Boolean)
  const params: Record<string, string> = {}
  for (let i = 0; i < want.length; i++) {
    const part = want[i]!
    if (part === '*') {
      params['*'] = have.slice(i).map(decodeURIComponent).join('/')
      return params
    }
    if (have[i] === undefined) return null
    if (part.startsWith(':')) params[part.slice(1)] = decodeURIComponent(have[i]!)
    else if (part !== have[i]) return null
  }
  return want.length === have.length ? params : null
}

// The first route that fits.
export function find(routes: readonly Route[], path: string): { route: Route; params: Record<string, string> } | null {
  for (const route of routes) {
    const params = match(route.path, path)
    if (params) return { route, params }
  }
  return null
}

// Makes plain <a href> stay within the page. Once a page.
export function routerBegin(): void {
  addEventListener('popstate', () => {
    address.value = location.pathname + location.search
  })
  document.addEventListener('click', (event) => {
    if (event.defaultPrevented || event.button !== 0) return
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
    const link = (event.target as Element | null)?.closest?.('a')
    if (!link || link.origin !== location.origin || link.target || link.hasAttribute('download')) return
    if (link.hash && link.pathname === location.pathname) return
    event.preventDefault()
    navigate(link.pathname + link.search)
  })
}
