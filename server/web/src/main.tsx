// SPDX-License-Identifier: Apache-2.0
import { render } from 'preact'
import { App } from './app'
import { barBegin } from './base/bar'
import { liveBegin } from './base/live'
import { outboxBegin } from './base/outbox'
import { photosBegin } from './base/photos'
import { routerBegin } from './base/router'
import { sessionBegin } from './base/session'
import { applySettings } from './base/settings'
import { stepsBegin } from './base/steps'
import { registerWorker } from './base/worker'
import './ui/ui.css'

applySettings()
const place = document.getElementById('app')!
// A one-time link of a message: a page of its own, without a session.
const [, token] = /^\/a\/([^/]+)$/.exec(location.pathname) ?? []
if (token) void import('./link/page').then((page) => page.linkBegin(token, place))
else {
  routerBegin()
  barBegin()
  render(<App />, place)
  void sessionBegin().then(() => {
    photosBegin()
    outboxBegin()
    stepsBegin()
    liveBegin()
  })
  registerWorker()
}
