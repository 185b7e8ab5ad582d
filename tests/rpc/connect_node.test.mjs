// SPDX-License-Identifier: Apache-2.0
// connect-node, unmodified, against the server: JSON and protobuf, POST and GET, with and without compression.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { Server } from '../support/server.mjs'
import { generate, require } from './clients.mjs'

const { Code, ConnectError, createClient } = require('@connectrpc/connect')
const { compressionGzip, createConnectTransport } = require('@connectrpc/connect-node')

const server = new Server()
let gen, token

before(async () => {
  gen = await generate()
  await server.start()
  token = server.token()
})
after(() => server.stop())

function transport(options = {}, bearer = token) {
  const authorize = (next) => (request) => {
    if (bearer) request.header.set('Authorization', `Bearer ${bearer}`)
    request.header.append('X-Twice', 'one')
    request.header.append('X-Twice', 'two')
    return next(request)
  }
  return createConnectTransport({ baseUrl: server.url, httpVersion: '1.1', interceptors: [authorize], ...options })
}

const forms = {
  'JSON over POST': { useBinaryFormat: false },
  'protobuf over POST': { useBinaryFormat: true },
  'JSON over GET': { useBinaryFormat: false, useHttpGet: true },
  'protobuf over GET': { useBinaryFormat: true, useHttpGet: true },
  'protobuf, gzip both ways': {
    useBinaryFormat: true,
    sendCompression: compressionGzip,
    acceptCompression: [compressionGzip],
    compressMinBytes: 1,
  },
  'JSON over GET, gzip both ways': {
    useBinaryFormat: false,
    useHttpGet: true,
    sendCompression: compressionGzip,
    acceptCompression: [compressionGzip],
    compressMinBytes: 1,
  },
}

for (const [name, options] of Object.entries(forms)) {
  test(`${name}: an incident is filed and read back whole`, async () => {
    const incidents = createClient(gen.IncidentService, transport(options))
    const title = `宛先違いのメール ${name}`
    const { incident } = await incidents.fileIncident({
      operationId: randomUUID(),
      title,
      description: '長い説明。'.repeat(300),
      incidentType: gen.IncidentType.MISDELIVERY,
      facts: { personalInfo: { involved: gen.Finding.CONFIRMED, knownCount: 9007199254740993n } },
    })
    assert.match(incident.number, /^\d{4}-\d{4}$/)

    const read = await incidents.getIncident({ id: incident.id })
    assert.equal(read.incident.title, title)
    assert.equal(read.incident.incidentType, gen.IncidentType.MISDELIVERY)
    assert.equal(read.incident.facts.personalInfo.knownCount, 9007199254740993n)
    assert.ok(read.entries.length >= 1)
  })

  test(`${name}: an error brings its code and its details`, async () => {
    const incidents = createClient(gen.IncidentService, transport(options))
    const error = await incidents.getIncident({ id: randomUUID() }).catch((e) => e)
    assert.ok(error instanceof ConnectError, String(error))
    assert.equal(error.code, Code.NotFound)
    const [info] = error.findDetails(gen.ErrorInfoSchema)
    assert.ok(info.messageJa.length > 0 && info.messageEn.length > 0)
  })
}

// Nothing happens to it, whatever the calls of the incidents filed above do.
const NOBODYS = '00000000-0000-7000-8000-000000000000'

test('a deadline ends a waiting call', async () => {
  const sync = createClient(gen.SyncService, transport())
  const { cursor } = await sync.pull({})
  const begin = Date.now()
  const error = await sync.pull({ after: cursor, waitMs: 20000, incidentId: NOBODYS }, { timeoutMs: 300 }).catch((e) => e)
  assert.equal(error.code, Code.DeadlineExceeded)
  assert.ok(Date.now() - begin < 5000)
})

test('an aborted call is canceled and the server goes on', async () => {
  const sync = createClient(gen.SyncService, transport())
  const { cursor } = await sync.pull({})
  const stop = new AbortController()
  setTimeout(() => stop.abort(), 100)
  const error = await sync.pull({ after: cursor, waitMs: 20000, incidentId: NOBODYS }, { signal: stop.signal }).catch((e) => e)
  assert.equal(error.code, Code.Canceled)
  await sync.pull({})
})

test('without a token the caller is unauthenticated', async () => {
  const incidents = createClient(gen.IncidentService, transport({}, null))
  const error = await incidents.listIncidents({}).catch((e) => e)
  assert.equal(error.code, Code.Unauthenticated)
})

test('a field at fault is named', async () => {
  const incidents = createClient(gen.IncidentService, transport())
  const error = await incidents.fileIncident({ operationId: randomUUID(), title: 'あ'.repeat(201) }).catch((e) => e)
  assert.equal(error.code, Code.InvalidArgument)
  const [info] = error.findDetails(gen.ErrorInfoSchema)
  assert.equal(info.field, 'title')
  assert.equal(info.limit, 200)
})

test('a message that is too large is refused', async () => {
  const incidents = createClient(gen.IncidentService, transport({ useBinaryFormat: true }))
  const description = 'あ'.repeat(200000)
  const error = await incidents.fileIncident({ operationId: randomUUID(), title: 'x', description }).catch((e) => e)
  assert.equal(error.code, Code.ResourceExhausted)
})

test('a message that grows too large when inflated is refused', async () => {
  const options = { useBinaryFormat: true, sendCompression: compressionGzip, compressMinBytes: 1 }
  const incidents = createClient(gen.IncidentService, transport(options))
  const description = 'a'.repeat(1000000)
  const error = await incidents.fileIncident({ operationId: randomUUID(), title: 'x', description }).catch((e) => e)
  assert.equal(error.code, Code.ResourceExhausted)
})

test('a method the server does not have is unimplemented', async () => {
  const method = { ...gen.SyncService.method.pull, name: 'NoSuchMethod', localName: 'noSuchMethod' }
  const service = { ...gen.SyncService, methods: [method], method: { noSuchMethod: method } }
  const error = await createClient(service, transport()).noSuchMethod({}).catch((e) => e)
  assert.equal(error.code, Code.Unimplemented)
})

test('the same operation id again returns the first answer', async () => {
  const incidents = createClient(gen.IncidentService, transport({ useBinaryFormat: true }))
  const message = { operationId: randomUUID(), title: '停電' }
  const first = await incidents.fileIncident(message)
  const second = await incidents.fileIncident(message)
  assert.equal(second.incident.id, first.incident.id)
  assert.equal(second.incident.number, first.incident.number)
})
