// SPDX-License-Identifier: Apache-2.0
// The shell: bar, navigation, the screen that fits the address, and the login over it when the session has ended.
import { signal } from '@preact/signals'
import type { ComponentType } from 'preact'
import { useEffect } from 'preact/hooks'
import { useTitle } from './base/bar'
import { storageLost } from './base/db'
import { address, find, type Route, type ScreenProps } from './base/router'
import { me, sessionState } from './base/session'
import { t } from './base/texts'
import { Login } from './login/login'
import { Nav, TopBar } from './ui/bar'
import { Button } from './ui/button'
import { Empty, Loading } from './ui/parts'
import { Toasts } from './ui/toast'

const routes: Route[] = [
  { path: '/', load: () => import('./incident/home') },
  { path: '/file', load: () => import('./incident/file') },
  { path: '/filed/:operation', load: () => import('./incident/filed') },
  { path: '/incident/:id', load: () => import('./incident/page') },
  { path: '/outbox', load: () => import('./incident/outbox') },
  { path: '/search', load: () => import('./incident/search') },
  { path: '/settings', load: () => import('./account/settings') },
  { path: '/account', load: () => import('./account/account') },
  { path: '/desk/*', load: () => import('./desk') },
  { path: '/admin/*', load: () => import('./admin') },
]

const loaded = signal<Map<Route, ComponentType<ScreenProps>>>(new Map())
// A screen of an older version is gone from the server: only a fresh page helps.
const outdated = signal(false)

function Missing() {
  useTitle(t.notFound)
  return (
    <Empty title={t.notFound}>
      <p>{t.notFoundHint}</p>
      <a class="button" href="/">
        {t.home}
      </a>
    </Empty>
  )
}

function Screen() {
  const [path, search] = address.value.split('?') as [string, string?]
  const found = find(routes, path)
  const route = found?.route
  const Loaded = route && loaded.value.get(route)
  useEffect(() => {
    if (!route || loaded.peek().has(route)) return
    route.load().then(
      (module) => {
        loaded.value = new Map(loaded.peek()).set(route, module.default)
      },
      () => {
        outdated.value = navigator.onLine
      },
    )
  }, [route])
  if (!found) return <Missing />
  if (!Loaded) return <Loading />
  return <Loaded key={path.split('/')[1]} params={found.params} query={new URLSearchParams(search)} />
}

function Bands() {
  return (
    <>
      {storageLost.value && (
        <p class="band" role="alert">
          {t.noStorage}
        </p>
      )}
      {outdated.value && (
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
        </div>
      )}
      {state === 'login' && <Login />}
    </>
  )
}
