// SPDX-License-Identifier: Apache-2.0
// A manager follows a plan on a phone. Without a network everything goes on; what was done arrives once, in order, with
// the time it was done and the time it was recorded, wherever the browser was killed.
import assert from 'node:assert/strict'
import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { Server } from '../support/server.mjs'
import { launch, login, open, phone, picture } from './browser.mjs'
import { record, startPlan, stepOf, stepsOf, tokenOf } from './plan.mjs'
import { Wire } from './wire.mjs'

const server = new Server(['--demo'])
let browser

before(async () => {
  await server.start()
  browser = await launch()
})
after(async () => {
  await browser?.close()
  await server.stop()
})

const queue = (page, n) => page.locator('.bar .queue', { hasText: new RegExp(`送信待ち ${n}$`) }).waitFor()

// The parts of the lists that are kept on the device (steps, orders); alike ones once.
function lists() {
  return new Promise((resolve) => {
    const asked = indexedDB.open('sokuo')
    asked.onsuccess = () => {
      const all = asked.result.transaction('lists').objectStore('lists').getAll()
      all.onsuccess = () => {
        asked.result.close()
        resolve([...new Set(all.result.map((row) => Object.keys(row.body).join()))].map((keys) => keys.split(',')))
      }
    }
  })
}
const kept = (page) => page.evaluate(lists)

// A phone of this person with a plan's steps on it, and the service worker in place.
async function manager(login_, incidentId, options = {}) {
  const { at = server, ...more } = options
  const page = await open(browser, at, { size: phone, ...more })
  page.base = at.url
  page.setDefaultTimeout(15_000)
  await login(page, server, login_, server.demo_password)
  await page.goto(`${at.url}/steps`)
  const [first] = await stepsOf(server, login_, incidentId)
  await page.locator(`a[href="/steps/${first.id}"]`).waitFor()
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined))
  while ((await kept(page)).length === 0) await page.waitForTimeout(50)
  return page
}

const go = (page, step) => page.goto(`${page.base}/steps/${step.id}`)
const finish = (page) => page.locator('.thumb .primary', { hasText: '完了にする' }).click()
const done = (page) => page.locator('.step-state', { hasText: '完了' }).first().waitFor()

test('six steps, a decision and a photo without a network, a killed tab: all arrives once, in order', async () => {
  const { incident } = await startPlan(server)
  const page = await manager('siso', incident.id)
  const context = page.context()
  const mine = await stepsOf(server, 'siso', incident.id)
  const by = (no) => mine.find((step) => step.definition.no === no)

  const { port } = new URL(server.url)
  await server.halt()
  await go(page, by('05'))
  await page.getByText('広がっている', { exact: true }).click()
  await page.getByLabel(/根拠/).fill('3部署で同じ症状')
  await picture(page, 'steps-1-decision')
  await page.getByRole('button', { name: /「広がっている」に決める/ }).click()
  await queue(page, 1)

  const photo = randomBytes(300_000)
  await go(page, by('09'))
  await page.locator('input[type=file]').setInputFiles({ name: '機器.jpg', mimeType: 'image/jpeg', buffer: photo })
  await queue(page, 2)
  await page.getByText('機器.jpg').waitFor()
  await picture(page, 'steps-2-photo')

  await go(page, by('10'))
  await finish(page)
  await page.getByLabel(/送った内容/).fill('大量暗号化の疑い。遮断を判断中')
  await page.getByLabel(/受付番号/).fill('県-12')
  await picture(page, 'steps-3-notice')
  await page.locator('dialog').getByRole('button', { name: '完了にする' }).click()
  await queue(page, 3)
  const plain = ['09', '21', 'K5', 'K3', 'K4']
  for (const [i, no] of plain.entries()) {
    await go(page, by(no))
    await finish(page)
    await done(page)
    await queue(page, 4 + i)
  }
  await picture(page, 'steps-4-eight-waiting')
  const allDone = Date.now()
  await page.close({ runBeforeUnload: false })

  // A cold start without a network: the page, the steps and the queue are there.
  const again = await context.newPage()
  await again.goto(`${server.url}/steps`)
  await queue(again, 8)
  await again.getByText('この1日で終えたもの 7').waitFor()
  await picture(again, 'steps-5-cold-start')
  const back = Date.now()
  await server.start(Number(port))
  await queue(again, 0)
  await picture(again, 'steps-6-arrived')

  const acts = await record(server, incident.id, ['step.done', 'step.decided', 'evidence.added', 'step.confirmed'])
  const stepOfEntry = (entry) => mine.find((s) => entry.changes?.some((c) => c.after === s.id))?.definition.no
  const kinds = acts.map((entry) => entry.changeKind)
  assert.equal(kinds[0], 'step.decided')
  assert.deepEqual(kinds.filter((kind) => kind === 'step.done').length, 6)
  assert.deepEqual(kinds.filter((kind) => kind === 'step.confirmed'), [])
  const finished = acts.filter((entry) => entry.changeKind === 'step.done')
  assert.deepEqual(finished.map(stepOfEntry), ['10', ...plain])
  for (const entry of finished) {
    // The device says how long ago; what the request then waited for the server is not part of it.
    const age = Date.parse(entry.recordedAt) - Date.parse(entry.occurredAt)
    assert.ok(age >= back - allDone, `done at ${entry.occurredAt}, recorded at ${entry.recordedAt}`)
    assert.ok(Date.parse(entry.recordedAt) > back, `recorded at ${entry.recordedAt}`)
  }
  const times = finished.map((entry) => Date.parse(entry.occurredAt))
  assert.deepEqual(times, [...times].sort((a, b) => a - b))

  const list = await server.call('EvidenceService/ListEvidence', { stepId: by('09').id }, tokenOf(server, 'siso'))
  assert.equal(list.evidence.length, 1)
  assert.equal(list.evidence[0].complete, true)
  assert.equal(list.evidence[0].name, '機器.jpg')
  assert.equal(list.evidence[0].sha256, createHash('sha256').update(photo).digest('base64'))
  assert.deepEqual(page.faults, [])
  await context.close()
})

// The phone behind a wire that is cut at the step's Push; the tab is killed there, and another one opened.
async function killedAt(t, mode, meanwhile) {
  const { incident } = await startPlan(server)
  const wire = await new Wire(server).start()
  t.after(() => wire.stop())
  const page = await manager('siso', incident.id, { at: wire })
  const context = page.context()
  const step = await stepOf(server, 'siso', incident.id, '21')
  const state = async () => (await stepOf(server, 'siso', incident.id, '21')).state
  await go(page, step)
  const happened = wire.next(mode)
  await finish(page)
  await happened
  await page.close({ runBeforeUnload: false })
  await meanwhile(await state())
  wire.mode = 'open'
  const again = await context.newPage()
  await again.goto(`${wire.url}/steps/${step.id}`)
  await done(again)
  await queue(again, 0)
  assert.equal(await state(), 'STEP_STATE_DONE')
  assert.equal((await record(server, incident.id, ['step.done', 'step.confirmed'])).length, 1)
  await context.close()
}

test('killed between keeping and sending: it is sent by the next tab, once', (t) =>
  killedAt(t, 'hold', (state) => assert.notEqual(state, 'STEP_STATE_DONE')))

test('killed between the commit and the answer: it is asked again and stays one', (t) =>
  killedAt(t, 'deaf', (state) => assert.equal(state, 'STEP_STATE_DONE')))

test('somebody was faster: one completion, one confirmation, and the second is told so', async () => {
  const { incident } = await startPlan(server)
  const page = await manager('siso', incident.id)
  const context = page.context()
  const step = await stepOf(server, 'siso', incident.id, '21')
  await context.setOffline(true)
  await go(page, step)
  await finish(page)
  await queue(page, 1)
  const act = { operationId: randomUUID(), stepId: step.id, act: 'STEP_ACT_DONE' }
  await server.call('StepService/UpdateStep', act, tokenOf(server, 'handler'))
  await context.setOffline(false)
  await page.getByText(/完了していました。あなたの報告/).waitFor()
  await picture(page, 'steps-7-told')
  const kinds = await record(server, incident.id, ['step.done', 'step.confirmed'])
  assert.deepEqual(kinds.map((entry) => entry.changeKind), ['step.done', 'step.confirmed'])
  // It stays until it was read, through a killed tab, too.
  await page.close({ runBeforeUnload: false })
  const again = await context.newPage()
  await again.goto(`${server.url}/steps`)
  await again.getByText(/完了していました。あなたの報告/).waitFor()
  await again.getByRole('button', { name: '読みました' }).click()
  await again.getByText(/完了していました。あなたの報告/).waitFor({ state: 'detached' })
  await context.close()
})

test('a refusal is told with its reason and blocks nothing', async () => {
  const { incident } = await startPlan(server)
  const page = await manager('siso', incident.id)
  const context = page.context()
  const mine = await stepsOf(server, 'siso', incident.id)
  const by = (no) => mine.find((step) => step.definition.no === no)
  await context.setOffline(true)
  await go(page, by('21'))
  await finish(page)
  await queue(page, 1)
  await page.getByRole('button', { name: 'その他' }).click()
  await page.getByRole('button', { name: '取り消して元に戻す' }).click()
  await page.locator('dialog textarea').fill('まだだった')
  await page.locator('dialog').getByRole('button', { name: '取り消して元に戻す' }).click()
  await queue(page, 2)
  // Meanwhile somebody else changes the step: the undo meets another version.
  const note = { operationId: randomUUID(), stepId: by('21').id, act: 'STEP_ACT_NOTE', note: '確認中' }
  await server.call('StepService/UpdateStep', note, tokenOf(server, 'handler'))
  await go(page, by('K5'))
  await finish(page)
  await queue(page, 3)
  await context.setOffline(false)
  await page.goto(`${server.url}/steps`)
  await page.getByText(/受け付けられませんでした/).first().waitFor()
  await picture(page, 'steps-8-refused')
  assert.equal((await stepOf(server, 'siso', incident.id, 'K5')).state, 'STEP_STATE_DONE')
  await context.close()
})

// A step is finished without a network, meanwhile the session ends; the network comes back to a login over the screen.
async function endedMeanwhile(end) {
  const { incident } = await startPlan(server)
  const page = await manager('siso', incident.id)
  const step = await stepOf(server, 'siso', incident.id, '21')
  const state = async () => (await stepOf(server, 'siso', incident.id, '21')).state
  await go(page, step)
  await page.context().setOffline(true)
  await finish(page)
  await queue(page, 1)
  await end(page)
  await page.context().setOffline(false)
  await page.waitForSelector('input[autocomplete=username]')
  return { page, step, state }
}

async function again(page, name = 'siso') {
  await page.fill('input[autocomplete=username]', name)
  await page.fill('input[autocomplete=current-password]', server.demo_password)
  await page.keyboard.press('Enter')
  await page.waitForSelector('.overlay.login', { state: 'detached' })
}

test('a session that ran out keeps the steps and the queue for the same person, and for nobody else', async () => {
  const { page, step, state } = await endedMeanwhile((page) => page.context().clearCookies())
  assert.deepEqual(await kept(page), [['iv', 'data']])
  assert.notEqual(await state(), 'STEP_STATE_DONE')
  await again(page, 'handler')
  await queue(page, 0)
  await page.goto(`${server.url}/settings`)
  assert.notEqual(await state(), 'STEP_STATE_DONE')
  await page.getByRole('button', { name: 'ログアウト' }).click()
  await page.waitForSelector('input[autocomplete=username]')
  await again(page)
  await go(page, step)
  await done(page)
  await queue(page, 0)
  assert.equal(await state(), 'STEP_STATE_DONE')
  await page.context().close()
})

test('a session that somebody ended takes the steps off the device, not what is unsent', async () => {
  const revoke = () => server.call('AuthService/RevokeSession', {}, tokenOf(server, 'siso'))
  const { page, state } = await endedMeanwhile(revoke)
  assert.deepEqual(await kept(page), [])
  await again(page)
  await done(page)
  await queue(page, 0)
  assert.equal(await state(), 'STEP_STATE_DONE')
  await page.context().close()
})

test('logging out takes the steps off the device', async () => {
  const { incident } = await startPlan(server)
  const page = await manager('siso', incident.id)
  assert.deepEqual(await kept(page), [['iv', 'data']], 'sealed')
  await page.goto(`${server.url}/settings`)
  await page.getByRole('button', { name: 'ログアウト' }).click()
  await page.waitForSelector('input[autocomplete=username]')
  assert.deepEqual(await kept(page), [])
  await page.context().close()
})

test('an origin that is not secure works, and keeps its queue', async (t) => {
  const { incident } = await startPlan(server)
  const wire = await new Wire(server).start()
  wire.takes = () => true
  wire.url = wire.url.replace('127.0.0.1', 'sokuo.test')
  const other = await launch('--host-resolver-rules=MAP sokuo.test 127.0.0.1')
  t.after(() => other.close())
  t.after(() => wire.stop())
  const page = await open(other, wire, { size: phone })
  assert.equal(await page.evaluate(() => isSecureContext), false)
  page.base = wire.url
  await login(page, server, 'siso', server.demo_password)
  const mine = await stepsOf(server, 'siso', incident.id)
  const by = (no) => mine.find((step) => step.definition.no === no)
  const state = async (no) => (await stepOf(server, 'siso', incident.id, no)).state
  await go(page, by('21'))
  await finish(page)
  await done(page)
  await queue(page, 0)
  assert.equal(await state('21'), 'STEP_STATE_DONE')

  await go(page, by('K5'))
  await page.locator('.thumb .primary').waitFor()
  wire.mode = 'cut'
  await finish(page)
  await queue(page, 1)
  await page.locator('input[type=file]').setInputFiles({ name: '紙.jpg', mimeType: 'image/jpeg', buffer: randomBytes(90_000) })
  await queue(page, 2)
  await picture(page, 'steps-9-not-secure')
  await page.close({ runBeforeUnload: false })
  assert.notEqual(await state('K5'), 'STEP_STATE_DONE')
  wire.mode = 'open'
  const next = await page.context().newPage()
  await next.goto(`${wire.url}/steps/${by('K5').id}`)
  await done(next)
  await queue(next, 0)
  assert.equal((await record(server, incident.id, ['step.done'])).length, 2)
  const { evidence } = await server.call('EvidenceService/ListEvidence', { stepId: by('K5').id }, tokenOf(server, 'siso'))
  assert.deepEqual(evidence.map((one) => [one.name, one.complete]), [['紙.jpg', true]])
  // The browser itself remarks that the origin is not secure.
  assert.deepEqual(page.faults.filter((text) => !/Cross-Origin-Opener-Policy/.test(text)), [])
})

test('my steps are asked for before the client is there', async (t) => {
  const { incident } = await startPlan(server)
  const wire = await new Wire(server).start()
  t.after(() => wire.stop())
  const before = await manager('siso', incident.id, { at: wire })
  const cookies = await before.context().cookies()
  await before.context().close()
  const fresh = await browser.newContext({ viewport: phone })
  await fresh.addCookies(cookies)
  const page = await fresh.newPage()
  wire.takes = (path) => /assets\/shell-.*js$/.test(path)
  const held = wire.next('hold')
  const asked = ['GetMe', 'ListMySteps'].map((name) => page.waitForRequest((request) => request.url().endsWith(name)))
  await page.goto(`${wire.url}/steps`, { waitUntil: 'commit' })
  await Promise.all([held, ...asked])
  await fresh.close()
})
