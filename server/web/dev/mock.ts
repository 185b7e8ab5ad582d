// SPDX-License-Identifier: Apache-2.0
// A pretended server, enough to look at every screen without the real one.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Plugin } from 'vite'

const me = {
  accountId: 'a1',
  login: 'tanaka',
  person: { id: 'p1', name: '田中 恵' },
  post: { id: 'o1', name: '情報政策課 主査' },
  roles: ['ROLE_CSIRT_LEAD', 'ROLE_ADMIN'],
  tenant: { id: 't1', name: 'みなと市' },
}
let loggedIn = false

function answer(path: string): [number, unknown] {
  if (path.endsWith('/Login')) {
    loggedIn = true
    return [200, { me }]
  }
  if (!loggedIn) return [401, { code: 'unauthenticated', message: 'ログインしてください。' }]
  if (path.endsWith('/GetMe')) return [200, { me: { ...me, serverTime: new Date().toISOString() } }]
  if (path.endsWith('/Pull')) return [200, { cursor: '1' }]
  return [501, { code: 'unimplemented', message: path }]
}

function serve(req: IncomingMessage, res: ServerResponse, next: () => void): void {
  const path = req.url ?? ''
  if (path.startsWith('/events')) {
    res.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
    res.write(': ok\n\nevent: hello\ndata: {}\n\n')
    return
  }
  if (!path.startsWith('/sokuo.v1.')) {
    next()
    return
  }
  const [status, body] = answer(path)
  res.writeHead(status, { 'content-type': 'application/json' })
  res.end(JSON.stringify(body))
}

export function mockPlugin(): Plugin {
  return {
    name: 'mock',
    configureServer: (server) => void server.middlewares.use(serve),
    configurePreviewServer: (server) => void server.middlewares.use(serve),
  }
}
