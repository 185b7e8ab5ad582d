// SPDX-License-Identifier: Apache-2.0
import { render } from 'preact'
import { App } from './app'
import { barBegin } from './base/bar'
import { liveBegin } from './base/live'
import { outboxBegin } from './base/outbox'
import { painted } from './base/paint'
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
  void sessionBegin().then((isKept) => {
    // What is on the device comes first; what needs the network begins once it stands on the screen.
    const rest = isKept ? painted() : Promise.resolve()
    void rest.then(() => {
      photosBegin()
      liveBegin()
    })
    outboxBegin(rest)
    stepsBegin(rest)
  })
  render(<App />, place)
  registerWorker()
}
