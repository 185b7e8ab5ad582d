// SPDX-License-Identifier: Apache-2.0

interface Policies {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): { createScriptURL(url: string): string }
}

// Registers the service worker where the origin is secure. The page enforces trusted types: this policy knows one address.
export function registerWorker(): void {
  if (!import.meta.env.PROD || !navigator.serviceWorker) return
  const policies = (globalThis as { trustedTypes?: Policies }).trustedTypes
  const createScriptURL = (url: string) => {
    if (url !== '/sw.js') throw new TypeError(url)
    return url
  }
  const url = policies ? policies.createPolicy('sokuo', { createScriptURL }).createScriptURL('/sw.js') : '/sw.js'
  // After the screen: what it fetches for the next visit must not compete with this one.
  const register = () => setTimeout(() => navigator.serviceWorker.register(url).catch(() => undefined), 1500)
  if (document.readyState === 'complete') register()
  else addEventListener('load', register)
}
