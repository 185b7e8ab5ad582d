// SPDX-License-Identifier: Apache-2.0
// The shell: bar, navigation, the screen that fits the address, and the login over it when the session has ended.
import { signal } from '@preact/signals'
import type { ComponentType } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { useTitle } from './base/bar'
import { jstShort } from './base/clock'
import { storageLost } from './base/db'
import { heardAt, liveState } from './base/live'
import { offline } from './base/outbox'
import { address, find, type Route, type ScreenProps } from './base/router'
import { me, sessionState } from './base/session'
import { t } from './base/texts'
import { Login } from './login/login'
import Steps from './step'
import { Nav, TopBar } from './ui/bar'
import { Button } from './ui/button'
import { lazy } from './ui/lazy'
import { Empty, Loading } from './ui/parts'
import { Toasts } from './ui/toast'

// The phone begins with my steps: they come with the shell, in one piece.
const STEPS: Route = { path: '/steps/*', load: async () => ({ default: Steps }) }
const routes: Route[] = [
  STEPS,
  { path: '/orders/*', load: () => import('./order') },
  { path: '/', load: () => import('./incident/home') },
  { path: '/file', load: () => import('./incident/file') },
  { path: '/filed/:operation', load: () => import('./incident/filed') },
  { path: '/incident/:id', load: () => import('./incident/page') },
  { path: '/outbox', load: () => import('./step/outbox') },
  { path: '/search', load: () => import('./incident/search') },
  { path: '/settings', load: () => import('./account/settings') },
  { path: '/account', load: () => import('./account/account') },
  { path: '/command/*', load: () => import('./command') },
  { path: '/contacts', load: () => import('./contact/own') },
  { path: '/duties/*', load: () => import('./duty') },
  { path: '/custody/*', load: () => import('./custody') },
  { path: '/desk/*', load: () => import('./desk') },
  { path: '/runs/*', load: () => import('./playbook/runs') },
  { path: '/plans/*', load: () => import('./playbook/plans') },
  { path: '/admin/*', load: () => import('./admin') },
]

// Follows orders and calls for me once the first screen stands.
const Alarm = lazy(async () => {
  await new Promise((resolve) => setTimeout(resolve, 800))
  return import('./order/alarm')
})

const loaded = signal<Map<Route, ComponentType<ScreenProps>>>(new Map([[STEPS, Steps]]))
// A screen did not load: no network, or it is of an older version and gone from the server.
const unloaded = signal(false)

// Neither the network nor, with one, the server can be reached.
const isCut = () => !navigator.onLine || offline.value || liveState.value === 'waiting'

function load(route: Route): void {
  if (loaded.peek().has(route)) return
  route.load().then(
    (module) => {
      loaded.value = new Map(loaded.peek()).set(route, module.default)
      unloaded.value = false
    },
    () => {
      unloaded.value = true
    },
  )
}

// Without a network people file and look at what they filed: these screens come along early.
const EARLY = ['/orders/*', '/', '/file', '/filed/:operation', '/outbox', '/incident/:id']
function loadEarly(): void {
  for (const route of routes) if (EARLY.includes(route.path)) load(route)
}

function Missing() {
  useTitle(t.notFound)
  return (
    <div class="page narrow stack">
      <h1>{t.notFound}</h1>
      <p>{t.notFoundHint}</p>
      <a class="button" href="/">
        {t.home}
      </a>
    </div>
  )
}

// A screen that this device does not have yet. It opens by itself when the network is back.
function NotHere() {
  return (
    <div class="page narrow">
      <Empty title={t.cutScreen}>
        <p>{t.cutScreenHint}</p>
        <a class="button" href="/steps">
          {t.steps}
        </a>
      </Empty>
    </div>
  )
}

// A server that starts again may answer before it serves.
const AGAIN_MS = 3_000

function Screen() {
  const [asked, search] = address.value.split('?') as [string, string?]
  // The server refuses everything else until then; the screen that was asked for comes after it.
  const path = me.value?.mustChangePassword ? '/account' : asked
  const found = find(routes, path)
  const route = found?.route
  const Loaded = route && loaded.value.get(route)
  useEffect(() => {
    if (!route) return
    load(route)
    const again = () => load(route)
    addEventListener('online', again)
    const early = setTimeout(loadEarly, 1500)
    return () => {
      removeEventListener('online', again)
      clearTimeout(early)
    }
  }, [route])
  const live = liveState.value === 'live'
  useEffect(() => void (live && route && load(route)), [live, route])
  useEffect(() => {
    if (!route || Loaded) return
    const timer = setInterval(() => load(route), AGAIN_MS)
    return () => clearInterval(timer)
  }, [route, Loaded])
  if (!found) return <Missing />
  if (!Loaded) return unloaded.value && isCut() ? <NotHere /> : <Loading />
  return <Loaded key={path.split('/')[1]} params={found.params} query={new URLSearchParams(search)} />
}

// A moment without a connection is no news: a server that restarts is back sooner.
const CUT_MS = 4_000

// What is on the screen is never taken for the present when it is the past.
function Cut() {
  const waiting = offline.value || liveState.value === 'waiting'
  const [late, setLate] = useState(false)
  useEffect(() => {
    setLate(false)
    if (!waiting) return
    const timer = setTimeout(() => setLate(true), CUT_MS)
    return () => clearTimeout(timer)
  }, [waiting])
  if (!waiting || !late) return null
  return (
    <p class="band" role="status">
      {t.cut}
      {heardAt.value && t.cutSince(jstShort(heardAt.value))}
    </p>
  )
}

function Bands() {
  return (
    <>
      <Cut />
      {storageLost.value && (
        <p class="band" role="alert">
          {t.noStorage}
        </p>
      )}
      {unloaded.value && !isCut() && (
        <div class="band" role="alert">
          {t.newVersion}
          <Button onClick={() => location.reload()}>{t.reload}</Button>
        </div>
      )}
    </>
  )
}

export function App() {
  const state = sessionState.value
  if (state === 'starting') return <Loading />
  return (
    <>
      {me.value && (
        <div inert={state === 'login'}>
          <a class="skip" href="#main">
            {t.skip}
          </a>
          <TopBar />
          <Nav />
          <Bands />
          <main id="main" tabIndex={-1}>
            <Screen />
          </main>
          <Toasts />
          <Alarm />
        </div>
      )}
      {state === 'login' && <Login />}
    </>
  )
}
