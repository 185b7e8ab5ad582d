// SPDX-License-Identifier: Apache-2.0
// An order goes out from the desk, rings on a phone, is answered there without a network, fills the tree, leaves a list to
// telephone, and is acknowledged from a mail by a press, never by following its link.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { createServer } from 'node:net'
import { after, before, test } from 'node:test'
import { Server } from '../support/server.mjs'
import { breaches, desk, hold, launch, login, look, open, phone, picture, pictured, small } from './browser.mjs'
import { mailbox } from './mailbox.mjs'

// Links in mails lead to the public address, so the port is chosen before the server stands.
async function freePort() {
  const probe = createServer()
  await new Promise((resolve) => probe.listen(0, '127.0.0.1', resolve))
  const { port } = probe.address()
  await new Promise((resolve) => probe.close(resolve))
  return port
}
const port = await freePort()
const server = new Server(['--demo', '--public-url', `http://127.0.0.1:${port}`])
const tokens = {}
const as = (name, method, message = {}) =>
  server.call(method, { operationId: randomUUID(), ...message }, (tokens[name] ??= server.token(name)))
const read = (name, method, message = {}) => server.call(method, message, (tokens[name] ??= server.token(name)))
let browser
let incident
let mail

before(async () => {
  await server.start(port)
  browser = await launch()
  const filed = await as('siso', 'IncidentService/FileIncident', {
    title: '県SOCから大量暗号化の疑い',
    incidentType: 'INCIDENT_TYPE_MALWARE',
  })
  incident = filed.incident
  // Without a channel nobody could be reached, and each call would go on to the deputy at once.
  mail = await mailbox()
  await server.call('ContactService/SaveChannel', {
    operationId: randomUUID(),
    channel: {
      kind: 'CHANNEL_KIND_SMTP',
      name: '試験の郵便',
      url: mail.url,
      sender: 'sokuo@city.example.jp',
      reaches: ['CONTACT_KIND_MAIL'],
      enabled: true,
      servesExercises: true,
    },
  })
  const now = await read('siso', 'CommandService/GetCommand', { incidentId: incident.id })
  if (now.mayTake) await as('siso', 'CommandService/TakeCommand', { incidentId: incident.id, ground: '初動' })
})
after(async () => {
  await browser?.close()
  await server.stop()
  mail?.close()
})

async function enter(name, options = {}) {
  const page = await open(browser, server, options)
  page.setDefaultTimeout(20_000)
  await login(page, server, name, server.demo_password)
  return page
}

const queue = (page, n) => page.locator('.bar .queue', { hasText: new RegExp(`送信待ち ${n}$`) }).waitFor()
const whoIs = async (name) => (await read(name, 'AuthService/GetMe')).me.person
const orderOf = async (text) =>
  (await read('siso', 'CommandService/ListOrders', { incidentId: incident.id })).orders.find((one) => one.text.includes(text))
const standing = async (name, id) =>
  (await read(name, 'CommandService/ListOrders', { mine: true })).orders.find((one) => one.id === id)?.mine

test('three taps on the desk: a text, whom it reaches, a hold; it rings on the phone of whoever is asked', async () => {
  const head = await enter('ism', { size: phone })
  await head.goto(`${server.url}/orders`)
  await head.getByText('いま、あなたへの指示はありません').waitFor()
  await look(head, 'orders-1-none')

  const page = await enter('siso', { size: desk })
  await page.goto(`${server.url}/command/${incident.number}/new`)
  await page.locator('.template', { hasText: '在席の取りまとめ' }).click()
  await page.getByText(/人に届きます/).waitFor()
  await look(page, 'orders-2-issue')
  await hold(page, page.locator('.thumb .hold'))
  await page.getByText(/人に指示を出しました/).waitFor()
  await page.locator('.order-line', { hasText: '在席・負傷・不明' }).waitFor()
  await look(page, 'orders-3-command')
  const order = await orderOf('在席・負傷・不明')
  assert.equal(order.wantsAcceptance, true)
  assert.ok(order.progress.sectionCount > 60, JSON.stringify(order.progress))

  await head.locator('.alarm', { hasText: '新しい指示' }).waitFor()
  await look(head, 'orders-4-alarm')
  assert.equal((await standing('ism', order.id)).readAt, undefined, 'an alarm reads nothing')
  await head.locator('.alarm').getByText('開く').click()
  await head.locator('.order-text', { hasText: '在席・負傷・不明' }).waitFor()
  await queue(head, 0)
  await look(head, 'orders-5-order')
  while (!(await standing('ism', order.id)).readAt) await head.waitForTimeout(100)
  assert.equal((await standing('ism', order.id)).state, 'ORDER_STATE_READ')
  await head.context().close()
  await page.context().close()
})

test('answered without a network, through a killed tab: it arrives once, with the time it was answered', async () => {
  const order = await orderOf('在席・負傷・不明')
  const page = await enter('ism', { size: phone })
  const context = page.context()
  await page.goto(`${server.url}/orders`)
  await page.locator(`a[href="/orders/${order.id}"]`).waitFor()
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined))
  await page.waitForTimeout(500)

  await server.halt()
  await page.goto(`${server.url}/orders/${order.id}`)
  await page.locator('.thumb .primary', { hasText: '了解' }).click()
  await queue(page, 1)
  await page.locator('.order-state', { hasText: '了解 · 送信待ち' }).first().waitFor()
  await picture(page, 'orders-6-offline')
  await page.close({ runBeforeUnload: false })
  const again = await context.newPage()
  await again.goto(`${server.url}/orders`)
  await queue(again, 1)
  await again.getByRole('heading', { name: '実施中' }).waitFor()
  const back = Date.now()
  await server.start(port)
  await queue(again, 0)
  const mine = await standing('ism', order.id)
  assert.equal(mine.state, 'ORDER_STATE_ACCEPTED')
  const { addressees } = await read('siso', 'CommandService/GetOrder', { orderId: order.id, addresseeId: mine.id })
  const said = addressees[0].answers.filter((one) => one.kind === 'ORDER_ANSWER_KIND_ACCEPT')
  assert.equal(said.length, 1)
  assert.ok(Date.parse(said[0].occurredAt) < back && Date.parse(said[0].recordedAt) > back, JSON.stringify(said))
  await context.close()
})

test('a call answered without a network, through a killed tab: others are called until it arrives, once, with both times', async () => {
  const { escalation } = await as('siso', 'EscalationService/Escalate', {
    incidentId: incident.id,
    role: 'ROLE_POC',
    reason: '感染端末の切り離しの判断',
  })
  const standsAs = async () => {
    const wish = { escalationId: escalation.id, ended: true }
    return (await read('siso', 'EscalationService/ListEscalations', wish)).escalations[0]
  }
  while (!(await standsAs()).person) await new Promise((resolve) => setTimeout(resolve, 100))
  const { person } = await standsAs()
  const people = await Promise.all(['poc', 'handler'].map(async (login) => ({ login, id: (await whoIs(login)).id })))
  const called = people.find((one) => one.id === person.id)
  const page = await enter(called.login, { size: phone })
  const context = page.context()
  await page.goto(`${server.url}/orders/call/${escalation.id}`)
  await page.locator('.thumb .primary', { hasText: '引き受ける' }).waitFor()
  await look(page, 'orders-call-1')
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined))

  await server.halt()
  await page.locator('.thumb .primary', { hasText: '引き受ける' }).click()
  await queue(page, 1)
  await page.locator('.note.warn', { hasText: /「引き受ける」.*送信待ち.*まだ届いていません/ }).waitFor()
  await page.locator('.thumb').waitFor({ state: 'detached' })
  await picture(page, 'orders-call-2-waiting')
  assert.deepEqual(await breaches(page), [])
  await page.close({ runBeforeUnload: false })
  const again = await context.newPage()
  await again.goto(`${server.url}/orders`)
  await again.locator(`a[href="/orders/call/${escalation.id}"]`, { hasText: /「引き受ける」 · 送信待ち/ }).waitFor()
  await queue(again, 1)
  assert.equal(await again.locator('.alarm').count(), 0, 'what was answered here rings no more')
  const back = Date.now()
  await server.start(port)
  await queue(again, 0)
  const now = await standsAs()
  assert.equal(now.phase, 'ESCALATION_PHASE_ANSWERED')
  assert.equal(now.answeredBy.personId, called.id)
  const { entries } = await read('siso', 'IncidentService/ListEntries', { incidentId: incident.id })
  const said = entries.filter((one) => one.changeKind === 'call.answered' && one.by?.personId === called.id)
  assert.equal(said.length, 1, JSON.stringify(said))
  assert.ok(Date.parse(said[0].occurredAt) < back && Date.parse(said[0].recordedAt) > back, JSON.stringify(said))
  await again.locator(`a[href="/orders/call/${escalation.id}"]`).waitFor({ state: 'detached' })
  await again.goto(`${server.url}/orders/call/${escalation.id}`)
  await again.locator('.note.good', { hasText: 'あなたが応答しました' }).waitFor()
  await look(Object.assign(again, { faults: [] }), 'orders-call-3-arrived')
  await context.close()
})

test('the tree fills up while it is looked at, and a head answers for their section', async () => {
  const order = await orderOf('在席・負傷・不明')
  const page = await enter('siso', { size: desk })
  await page.goto(`${server.url}/command/${incident.number}/order/${order.id}`)
  const section = page.locator('.tree tr', { has: page.locator('th', { hasText: /^市民課$/ }) })
  await section.locator('.order-state', { hasText: '了解' }).waitFor()
  await look(page, 'orders-7-tree')
  await as('ism', 'CommandService/AnswerOrder', { orderId: order.id, kind: 'ORDER_ANSWER_KIND_DONE' })
  await section.locator('.order-state', { hasText: '完了' }).waitFor()

  await section.locator('.tree-button').click()
  await page.locator('dialog[open]').getByText('完了').first().waitFor()
  await look(page, 'orders-8-addressee')
  await page.locator('dialog[open]').getByRole('button', { name: '閉じる' }).click()
  await page.getByRole('button', { name: '未回答だけ' }).click()
  await section.waitFor({ state: 'detached' })
  await page.context().close()
})

test('the list to telephone stands by section, prints, and takes what was heard as an answer of theirs', async () => {
  const order = await orderOf('在席・負傷・不明')
  const page = await enter('siso', { size: phone })
  await page.goto(`${server.url}/command/${incident.number}/order/${order.id}/telephone`)
  const line = page.locator('.phone-line').first()
  await line.waitFor()
  const before = await page.locator('.phone-line').count()
  assert.ok(before > 60, `${before} lines`)
  assert.ok((await page.locator('a[href^="tel:"]').count()) > 60)
  await look(page, 'orders-9-telephone')
  const name = await line.locator('strong').textContent()
  await line.getByRole('button', { name: '電話で回答' }).click()
  await line.getByRole('button', { name: '了解', exact: true }).click()
  await line.getByRole('button', { name: '電話で回答' }).last().click()
  await queue(page, 0)
  await page.waitForFunction((n) => document.querySelectorAll('.phone-line').length === n, before - 1)
  const all = await read('siso', 'CommandService/GetOrder', { orderId: order.id, addressees: true })
  const heard = all.addressees.find((one) => name.includes(one.person?.name ?? '—') && one.acceptedAt)
  assert.ok(heard, name)
  const whole = await read('siso', 'CommandService/GetOrder', { orderId: order.id, addresseeId: heard.id })
  const said = whole.addressees[0].answers[0]
  assert.equal(said.means, 'MEANS_PHONE')
  assert.notEqual(said.by.personId, heard.person.id, 'on whose behalf and by whom both stay')
  await page.emulateMedia({ media: 'print' })
  assert.equal(await page.locator('.bar').isVisible(), false)
  assert.equal(await page.locator('.boxes').first().isVisible(), true)
  await page.context().close()
})

test('a link of a mail answers after a press and its confirmation; following it answers nothing', async () => {
  const { id: staff } = await whoIs('staff')
  const { order } = await as('siso', 'CommandService/IssueOrder', {
    incidentId: incident.id,
    text: '窓口の端末を使わないでください。',
    targets: [{ kind: 'ORDER_TARGET_KIND_PERSONS', personIds: [staff] }],
    wantsAcceptance: true,
  })
  const until = Date.now() + 60_000
  const to = (await read('staff', 'ContactService/ListContactPoints')).points.find((one) => one.point.kind === 'CONTACT_KIND_MAIL').point.address
  while (mail.links(to).length === 0 && Date.now() < until) await new Promise((resolve) => setTimeout(resolve, 200))
  const [link] = mail.links(to)
  assert.ok(link, 'the mail came, with a link')

  // What a scanner does.
  for (const method of ['GET', 'HEAD']) await fetch(server.url + link, { method })
  const page = await open(browser, { url: server.url + link }, { size: phone })
  await page.getByText('窓口の端末を使わないでください。').waitFor()
  await look(page, 'orders-10-link')
  assert.ok(['ORDER_STATE_SENT', 'ORDER_STATE_DELIVERED'].includes((await standing('staff', order.id)).state))
  await page.getByRole('button', { name: '了解。実施します' }).click()
  assert.ok(['ORDER_STATE_SENT', 'ORDER_STATE_DELIVERED'].includes((await standing('staff', order.id)).state))
  await page.getByRole('button', { name: '答えを送る' }).click()
  await page.locator('.note.good').waitFor()
  await look(page, 'orders-11-link-done')
  assert.equal((await standing('staff', order.id)).state, 'ORDER_STATE_ACCEPTED')
  await page.goto(`${server.url}/a/${'x'.repeat(32)}`)
  await page.getByRole('heading', { name: 'このリンクは使えません' }).waitFor()
  await look(page, 'orders-12-link-gone')
  await page.context().close()
})

const views = [
  ['phone', { size: phone }],
  ['desk-dark-en', { size: desk, dark: true, locale: 'en-GB' }],
  ['small-largest', { size: small, text: 'largest', lay: true }],
  ...pictured(['small-dark-en', { size: small, dark: true, locale: 'en-GB', lay: true }]),
]

for (const [view, options] of views) {
  test(`every screen of command and duties is sound: ${view}`, async (t) => {
    const order = await orderOf('在席・負傷・不明')
    const page = await open(browser, server, options)
    if (options.text) await page.evaluate((size) => localStorage.setItem('sokuo.size', size), options.text)
    await login(page, server, 'siso', server.demo_password)
    for (const [name, path] of [
      ['orders', '/orders'],
      ['alarm', '/orders/alarm'],
      ['gone', '/orders/00000000-0000-4000-8000-000000000000'],
      ['command', `/command/${incident.number}`],
      ['new', `/command/${incident.number}/new`],
      ['order', `/command/${incident.number}/order/${order.id}`],
      ['telephone', `/command/${incident.number}/order/${order.id}/telephone`],
      ['away', '/duties/away'],
      ['duties', '/duties/list'],
      ['readiness', '/duties/readiness'],
      ['absences', '/duties/absences'],
      ['policies', '/duties/policies'],
      ['contacts', '/contacts'],
      ['channels', '/admin/channels'],
      ['notices', '/admin/notices'],
    ]) {
      await t.test(name, async () => {
        await page.goto(server.url + path)
        await page.waitForSelector('main :is(h1, h2, .empty)')
        await page.waitForFunction(() => !document.querySelector('main .loading'))
        await look(page, `${view}-orders-${name}`)
      })
    }
    await page.context().close()
  })
}
