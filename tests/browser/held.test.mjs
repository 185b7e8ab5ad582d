// SPDX-License-Identifier: Apache-2.0
// A phone is lost while its queue waits: what it held is counted on the desk, read there, taken in as written down for its owner,
// or turned down, and stands with who did that.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { Server } from '../support/server.mjs'
import { desk, launch, login, look, open, phone, small } from './browser.mjs'
import { startPlan, stepsOf } from './plan.mjs'

const server = new Server(['--demo'])
const tokens = {}
const as = (name, method, message = {}) =>
  server.call(method, { operationId: randomUUID(), ...message }, (tokens[name] ??= server.token(name)))
const read = (name, method, message = {}) => server.call(method, message, (tokens[name] ??= server.token(name)))
const HOUR = 3_600_000
let browser
let incident
let mine
let owner

// The demo's phone of poc: it came with a session once, that session is ended, then it sends what it holds.
async function lostPhone(...operations) {
  const clientId = randomUUID()
  const push = (token, seq, operation) =>
    server.call('SyncService/Push', { clientId, operations: [{ seq, ...operation }] }, token)
  const before = new Set(((await read('poc', 'AuthService/ListTokens')).tokens ?? []).map((one) => one.id))
  const token = server.token('poc')
  await push(token, 1, { addEntry: { operationId: randomUUID(), incidentId: incident.id, text: '端末を失くす前' } })
  const ours = (await read('poc', 'AuthService/ListTokens')).tokens.find((one) => !before.has(one.id))
  await read('poc', 'AuthService/RevokeToken', { id: ours.id })
  let seq = 1
  for (const operation of operations) {
    const { results } = await push(tokens.poc, ++seq, operation)
    assert.equal(results[0].refusal.reason, 'DEVICE_SHUT')
  }
}

const done = (step, more = {}) => ({ operationId: randomUUID(), stepId: step.id, act: 'STEP_ACT_DONE', ...more })

before(async () => {
  await server.start()
  browser = await launch()
  ;({ incident } = await startPlan(server, 'PB-01'))
  mine = (await stepsOf(server, 'poc', incident.id)).filter((one) => one.allowedActs?.includes('DONE') && !one.definition.notice)
  owner = (await read('poc', 'AuthService/GetMe')).me.person.name
})
after(async () => {
  await browser?.close()
  await server.stop()
})

async function enter(name, path, options = {}) {
  const page = await open(browser, server, options)
  page.setDefaultTimeout(15_000)
  await login(page, server, name, server.demo_password)
  await page.goto(server.url + path)
  return page
}

const dialog = (page) => page.locator('dialog[open]')
const card = (page, text) => page.locator('[data-held]', { hasText: text })

test('while nothing is held the desk says so, and who is not of the team has no such screen', async () => {
  const page = await enter('csirt', '/desk/held', { size: desk })
  await page.getByText('保留中の操作はありません').waitFor()
  assert.equal(await page.locator('.tab .count').count(), 0)
  await page.context().close()
  const other = await enter('desk', '/desk', { size: desk })
  await other.getByRole('link', { name: '進行中の計画' }).waitFor()
  assert.equal(await other.getByRole('link', { name: '保留中の操作' }).count(), 0)
  await other.context().close()
})

test('what a lost phone held is counted on the desk and read card by card', async () => {
  await lostPhone(
    { ageMs: 2 * HOUR, updateStep: done(mine[0], { note: '電話で初動を確かめた' }) },
    { addEntry: { operationId: randomUUID(), incidentId: incident.id, text: '消防にも連絡した' } },
    { ageMs: HOUR, takeCommand: { operationId: randomUUID(), incidentId: incident.id, ground: '現場にいる' } },
  )
  const page = await enter('csirt', '/desk', { size: desk })
  await page.locator('.tab', { hasText: '保留中の操作' }).locator('.count', { hasText: '3' }).waitFor()
  await look(page, 'held-1-desk')
  await page.locator('.tab', { hasText: '保留中の操作' }).click()
  const step = card(page, '電話で初動を確かめた')
  await step.getByRole('heading', { name: `手順 · 完了 ${owner}` }).waitFor()
  await step.getByText(mine[0].definition.text.ja).waitFor()
  await step.getByText('手順の今の状態').waitFor()
  await step.getByText('保留の理由: この端末のログインは、別の端末から終了されています').waitFor()
  const [happened, recorded] = await step.locator('time').evaluateAll((all) => all.map((one) => Date.parse(one.dateTime)))
  assert.ok(Math.abs(recorded - happened - 2 * HOUR) < 60_000, `${recorded - happened}`)
  const command = card(page, '現場にいる')
  await command.getByText('本人だけができる操作です').waitFor()
  assert.equal(await command.getByRole('button', { name: /^反映する/ }).count(), 0)
  await look(page, 'held-2-list')
  await page.context().close()
})

for (const [name, options] of [
  ['phone', { size: phone }],
  ['small-dark-en', { size: small, dark: true, locale: 'en-GB' }],
]) {
  test(`the list is sound on ${name}`, async () => {
    const page = await enter('csirt', '/desk/held', options)
    await page.locator('[data-held]').nth(2).waitFor()
    await look(page, `held-3-list-${name}`)
    await page.locator('[data-held] button').first().click()
    await dialog(page).waitFor()
    await look(page, `held-4-take-${name}`)
    await page.context().close()
  })
}

test('a step is taken in for its owner at its own time, with the place of the evidence', async () => {
  const page = await enter('csirt', '/desk/held', { size: desk })
  const step = card(page, '電話で初動を確かめた')
  await step.getByRole('button', { name: '反映する…' }).click()
  await dialog(page).getByText(`${owner}さんの代筆として、実施した時刻のまま記録します`).waitFor()
  const take = dialog(page).getByRole('button', { name: '反映する', exact: true })
  if (mine[0].definition.evidence) {
    assert.ok(await take.isDisabled(), 'the step needs evidence')
    await dialog(page).getByLabel('証拠の保管場所').fill('本人の手帳')
  }
  await dialog(page).getByLabel('理由').fill('本人に電話で確かめた')
  await look(page, 'held-5-take')
  await take.click()
  await page.locator('.toast', { hasText: '反映しました' }).waitFor()
  await step.waitFor({ state: 'detached' })
  await page.locator('.tab .count', { hasText: '2' }).waitFor()
  const { run, steps } = await read('csirt', 'PlaybookService/GetRun', { id: mine[0].runId, placesOf: mine[0].definition.no })
  assert.ok(run)
  const place = steps.find((one) => one.step.no === mine[0].definition.no).places.find((one) => one.id === mine[0].id)
  assert.deepEqual([place.state, place.personName], ['STEP_STATE_DONE', owner])
  assert.ok(Date.now() - Date.parse(place.doneAt) > 1.9 * HOUR)
  await page.context().close()
})

test('an entry is taken in, what only the owner may do is turned down with a reason, and both stand as settled', async () => {
  const page = await enter('handler', '/desk/held', { size: phone })
  await card(page, '消防にも連絡した').getByRole('button', { name: '反映する…' }).click()
  await dialog(page).getByRole('button', { name: '反映する', exact: true }).click()
  await card(page, '消防にも連絡した').waitFor({ state: 'detached' })
  await card(page, '現場にいる').getByRole('button', { name: '反映しない…' }).click()
  const turn = dialog(page).getByRole('button', { name: '反映しない', exact: true })
  assert.ok(await turn.isDisabled(), 'a reason is needed')
  await dialog(page).getByLabel('理由').fill('指揮は別の人が執っている')
  await look(page, 'held-6-turn')
  await turn.click()
  await page.getByText('保留中の操作はありません').waitFor()
  assert.equal(await page.locator('.tab .count').count(), 0)
  await page.getByRole('button', { name: '処理済み' }).click()
  await card(page, '現場にいる').getByText('指揮は別の人が執っている').waitFor()
  assert.equal(await page.locator('[data-held]').count(), 3)
  await look(page, 'held-7-settled')
  await page.goto(`${server.url}/incident/${incident.number}`)
  await page.getByText('消防にも連絡した').first().waitFor()
  await page.getByText(owner).first().waitFor()
  await page.context().close()
})

test('who comes second is told who was faster', async () => {
  await lostPhone({ addEntry: { operationId: randomUUID(), incidentId: incident.id, text: '二人が同時に見た' } })
  const page = await enter('csirt', '/desk/held', { size: desk })
  await card(page, '二人が同時に見た').getByRole('button', { name: '反映する…' }).click()
  const [held] = (await read('siso', 'SyncService/ListHeld')).held
  await as('siso', 'SyncService/SettleHeld', { heldId: held.id, outcome: 'HELD_OUTCOME_TURNED_DOWN', reason: '誤り' })
  await dialog(page).getByRole('button', { name: '反映する', exact: true }).click()
  await dialog(page).getByText('さんがすでに処理しました').waitFor()
  await look(page, 'held-8-second')
  await page.context().close()
})
