// SPDX-License-Identifier: Apache-2.0
// connect-web, unmodified, in Chromium: a page served by the server itself, logged in by cookie.
import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { launchChromium, Server } from '../support/server.mjs'
import { cache, generate, require, web } from './clients.mjs'

const entry = `
import { createClient, Code, ConnectError } from '@connectrpc/connect'
import { createConnectTransport } from '@connectrpc/connect-web'
import * as incident from './sokuo/v1/incident_pb.js'
import * as auth from './sokuo/v1/auth_pb.js'
import * as sync from './sokuo/v1/sync_pb.js'
import * as common from './sokuo/v1/common_pb.js'
Object.assign(window, { createClient, Code, ConnectError, createConnectTransport, gen: { ...incident, ...auth, ...sync, ...common } })
`

let server, browser, page

before(async () => {
  await generate()
  writeFileSync(join(cache, 'entry.js'), entry)
  writeFileSync(join(cache, 'index.html'), '<!doctype html><title>t</title><script type="module" src="./entry.js"></script>')
  const outDir = join(cache, 'dist')
  mkdirSync(outDir, { recursive: true })
  const { build } = await import(require.resolve('vite').replace(/index\.cjs$/, 'node/index.js'))
  await build({ root: cache, configFile: false, logLevel: 'error', build: { outDir, emptyOutDir: true } })
  server = await new Server(['--web-dir', outDir]).start()
  browser = await launchChromium(require('playwright-core'))
  page = await browser.newPage()
  await page.goto(server.url)
  await page.waitForFunction(() => 'gen' in window)
  await page.evaluate(
    ([login, password]) =>
      createClient(gen.AuthService, createConnectTransport({ baseUrl: location.origin })).login({ login, password }),
    [server.login, server.password],
  )
})
after(async () => {
  await browser?.close()
  await server?.stop()
})

for (const [name, options] of Object.entries({
  JSON: { useBinaryFormat: false },
  protobuf: { useBinaryFormat: true },
  'JSON over GET': { useBinaryFormat: false, useHttpGet: true },
  'protobuf over GET': { useBinaryFormat: true, useHttpGet: true },
})) {
  test(`${name}: files, reads, and gets an error with details`, async () => {
    const seen = await page.evaluate(async (options) => {
      const incidents = createClient(gen.IncidentService, createConnectTransport({ baseUrl: location.origin, ...options }))
      const { incident } = await incidents.fileIncident({ operationId: crypto.randomUUID(), title: '落雷' })
      const read = await incidents.getIncident({ id: incident.id })
      const error = await incidents.getIncident({ id: crypto.randomUUID() }).catch((e) => ConnectError.from(e))
      return {
        same: read.incident.number === incident.number,
        code: Code[error.code],
        detail: error.findDetails(gen.ErrorInfoSchema)[0].messageJa,
      }
    }, options)
    assert.equal(seen.same, true)
    assert.equal(seen.code, 'NotFound')
    assert.ok(seen.detail)
  })
}

test('a deadline is kept', async () => {
  const code = await page.evaluate(async () => {
    const sync = createClient(gen.SyncService, createConnectTransport({ baseUrl: location.origin }))
    const { cursor } = await sync.pull({})
    // Of an incident that is nobody's: calls of those filed above may change meanwhile.
    const incidentId = '00000000-0000-7000-8000-000000000000'
    const error = await sync.pull({ after: cursor, waitMs: 20000, incidentId }, { timeoutMs: 200 }).catch((e) => ConnectError.from(e))
    return Code[error.code]
  })
  assert.equal(code, 'DeadlineExceeded')
})
