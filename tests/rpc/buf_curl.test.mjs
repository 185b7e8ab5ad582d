// SPDX-License-Identifier: Apache-2.0
// buf curl (connect-go), unmodified. Its exit code is 8 times the Connect code.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { root, Server } from '../support/server.mjs'
import { buf } from './clients.mjs'

const server = new Server()
let token

before(async () => {
  await server.start()
  token = server.token()
})
after(() => server.stop())

function curl(method, message, ...extra) {
  const url = `${server.url}/sokuo.v1.${method}`
  const auth = ['-H', `Authorization: Bearer ${token}`]
  const args = ['curl', '--schema', join(root, 'proto'), ...auth, ...extra, '-d', JSON.stringify(message), url]
  return spawnSync(buf, args, { encoding: 'utf8' })
}

test('files and reads an incident', () => {
  const filed = curl('IncidentService/FileIncident', { operationId: randomUUID(), title: '断水' })
  assert.equal(filed.status, 0, filed.stderr)
  const { incident } = JSON.parse(filed.stdout)
  const read = curl('IncidentService/GetIncident', { id: incident.number })
  assert.equal(JSON.parse(read.stdout).incident.id, incident.id)
})

test('an error has its code, message and details', () => {
  const failed = curl('IncidentService/GetIncident', { id: randomUUID() })
  assert.equal(failed.status, 5 * 8, failed.stderr)
  const error = JSON.parse(failed.stderr)
  assert.equal(error.code, 'not_found')
  assert.equal(error.details[0].type, 'sokuo.v1.ErrorInfo')
})

// Long enough for buf to begin on a slow machine, and shorter than the server would wait.
test('a deadline is kept', () => {
  const { cursor } = JSON.parse(curl('SyncService/Pull', {}).stdout)
  const late = curl('SyncService/Pull', { after: cursor, waitMs: 20000 }, '--timeout', '5s')
  assert.equal(late.status, 4 * 8, late.stderr)
})
