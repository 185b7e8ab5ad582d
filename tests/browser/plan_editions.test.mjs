// SPDX-License-Identifier: Apache-2.0
// An organ's own edition of a plan: begun from the city's, changed, approved, in force; its incidents start it, others the
// city's; and what it says when the city's plan has changed since.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { Server } from '../support/server.mjs'
import { desk, hold, launch, login, look, open, phone, small } from './browser.mjs'

const server = new Server(['--demo'])
const tokens = {}
const as = (name, method, message = {}) =>
  server.call(method, { operationId: randomUUID(), ...message }, (tokens[name] ??= server.token(name)))
const read = (name, method, message = {}) => server.call(method, message, (tokens[name] ??= server.token(name)))
const heads = async (code) => (await read('siso', 'PlaybookService/ListPlaybooks')).revisions.filter((one) => one.code === code)
const PASSWORD = 'kyouiku-no-keikaku-2026'
const CHANGED = '校務系と学習系のどちらの端末かを確かめる'
const passwords = {}
let browser
let theirs

// A person of the demo city comes to an account.
async function hire(name, number) {
  const { persons } = await server.call('DirectoryService/ListPersons', { query: number })
  const person = persons.find((one) => one.code === number)
  const made = await server.call('AuthService/CreateAccount', { personId: person.id, login: name })
  await server.call(
    'AuthService/ChangePassword',
    { currentPassword: made.password, newPassword: PASSWORD },
    (tokens[name] ??= server.token(name)),
  )
  passwords[name] = PASSWORD
}

before(async () => {
  await server.start()
  browser = await launch()
  await hire('edu', '11028')
  await hire('school', '11034')
})
after(async () => {
  await browser?.close()
  await server.stop()
})

async function enter(name, path, options = {}) {
  const page = await open(browser, server, options)
  page.setDefaultTimeout(15_000)
  await login(page, server, name, passwords[name] ?? server.demo_password)
  await page.goto(server.url + path)
  return page
}

const dialog = (page) => page.locator('dialog[open]')
const file = async (name, title) =>
  (await as(name, 'IncidentService/FileIncident', { title, incidentType: 'INCIDENT_TYPE_MISDELIVERY' })).incident

test('教育委員会 begins its edition from the city plan and changes a step', async () => {
  const page = await enter('edu', '/plans', { size: desk })
  await page.locator('tr', { hasText: 'PB-05' }).getByText('全庁の版').waitFor()
  await page.locator('tr', { hasText: 'PB-05' }).getByRole('link').first().click()
  await page.getByRole('button', { name: '機関の版を作る' }).click()
  await dialog(page).getByLabel('どの機関の版か').selectOption({ label: '教育委員会' })
  await dialog(page).getByLabel('変更の理由').fill('教育情報セキュリティ対策基準による')
  await look(page, 'edition-1-begin')
  await dialog(page).getByRole('button', { name: '教育委員会の版を作る' }).click()
  await page.locator('.editor .edition.own', { hasText: '教育委員会の版' }).waitFor()
  await page.locator('.editor-list li button').nth(2).click()
  await page.getByLabel('すること (1行) · 日本語').fill(CHANGED)
  await page.getByText('不備はありません').waitFor()
  await look(page, 'edition-2-editor')
  await page.getByRole('button', { name: '下書きとして保存する' }).click()
  await page.locator('.plan-head .edition.own', { hasText: '教育委員会の版' }).waitFor()
  await page.getByRole('button', { name: '前の版との違い' }).click()
  await page.locator('.difference ins', { hasText: CHANGED }).waitFor()
  assert.equal(await page.getByLabel('比べる版').locator('option:checked').textContent(), '全庁の第1版')
  await page.locator('.differences', { hasText: 'O-06' }).waitFor()
  await look(page, 'edition-3-difference')
  await page.getByRole('button', { name: '審査に出す' }).click()
  await dialog(page).getByRole('button', { name: '審査に出す' }).click()
  await page.locator('.plan-head .state', { hasText: '審査中' }).waitFor()
  assert.equal(await page.getByRole('button', { name: '承認する' }).count(), 0)
  theirs = new URL(page.url()).pathname.split('/')[2]
  const { revision, playbook } = await read('siso', 'PlaybookService/GetPlaybook', { id: theirs })
  assert.deepEqual([revision.organ.name, revision.basedOnId], ['教育委員会', (await heads('PB-05'))[0].id])
  assert.deepEqual(playbook.organs, ['O-06'])
  await page.context().close()
})

test('who begins it once more is led to the one that is there', async () => {
  const page = await enter('csirt', `/plans/${(await heads('PB-05'))[0].id}`, { size: phone })
  await page.locator('.editions', { hasText: '教育委員会の版 (審査中)' }).waitFor()
  await page.getByRole('button', { name: '機関の版を作る' }).click()
  await dialog(page).getByLabel('どの機関の版か').selectOption({ label: '教育委員会 (版あり)' })
  await dialog(page).getByText('教育委員会の版はすでにあります').waitFor()
  await look(page, 'edition-4-there')
  await dialog(page).getByRole('button', { name: 'その版を開く' }).click()
  await page.locator('.plan-head .edition.own').waitFor()
  assert.equal(new URL(page.url()).pathname, `/plans/${theirs}`)
  await page.context().close()
})

test('until it is in force their incidents are offered the city edition', async () => {
  const incident = await file('school', '学校からの誤送信')
  const page = await enter('csirt', `/incident/${incident.number}`, { size: desk })
  await page.getByRole('button', { name: '計画を発動する' }).click()
  const choice = dialog(page).locator('.plan-choice', { hasText: 'PB-05' })
  await choice.getByText('全庁の版を発動します').waitFor()
  assert.equal(await choice.getByText('教育委員会').count(), 0)
  await page.context().close()
})

test('other eyes put it in force, and the list says whose each is', async () => {
  const page = await enter('ciso', `/plans/${theirs}`, { size: desk })
  await page.getByRole('button', { name: '承認する' }).click()
  await dialog(page).getByRole('button', { name: /承認する/ }).click({ delay: 1200 })
  await page.locator('.plan-head .state', { hasText: '施行中' }).waitFor()
  await page.getByText('教育委員会からの届出の事案で使います').waitFor()
  await look(page, 'edition-5-in-force')
  await page.goto(`${server.url}/plans`)
  const rows = page.locator('tr', { hasText: 'PB-05' })
  await rows.nth(1).waitFor()
  assert.deepEqual(await rows.locator('.edition').allTextContents(), ['全庁の版', '教育委員会の版'])
  await look(page, 'edition-6-list')
  await page.context().close()
})

test('an incident of theirs starts their edition, and says so before and after', async () => {
  const incident = await file('school', '学校からの誤送信、2件目')
  const page = await enter('csirt', `/incident/${incident.number}`, { size: desk })
  await page.getByRole('button', { name: '計画を発動する' }).click()
  const choice = dialog(page).locator('.plan-choice', { hasText: 'PB-05' })
  await choice.getByText('教育委員会の版を発動します').waitFor()
  await look(page, 'edition-7-start')
  await hold(page, dialog(page).getByRole('button', { name: /発動する \(1秒/ }))
  await page.locator('.run-card .edition.own', { hasText: '教育委員会の版' }).waitFor()
  await page.locator('.run-card .run-name', { hasText: 'PB-05' }).click()
  await page.locator('.run-head .edition.own').waitFor()
  await page.getByText(CHANGED).first().waitFor()
  await look(page, 'edition-8-board')
  await page.context().close()
})

test('an incident of another organ starts the city edition, and names the other one', async () => {
  const incident = await file('staff', '税の通知の誤送信')
  const page = await enter('csirt', `/incident/${incident.number}`, { size: small, dark: true, locale: 'en-GB' })
  await page.getByRole('button', { name: 'Start plans' }).click()
  const choice = dialog(page).locator('.plan-choice', { hasText: 'PB-05' })
  await choice.getByText('Starts the city’s edition').waitFor()
  await choice.getByText('The edition of 教育委員会 is started where they file').waitFor()
  await look(page, 'edition-9-start-small-dark-en')
  await page.context().close()
  const { runs } = await as('csirt', 'PlaybookService/StartPlaybook', { incidentId: incident.id, codes: ['PB-05'] })
  assert.deepEqual([runs[0].organ, runs[0].revisionId], [undefined, (await heads('PB-05')).find((one) => !one.organ).id])
})

test('when the city plan changes, their edition says it goes by an older one until that is taken up', async () => {
  const city = (await heads('PB-05')).find((one) => !one.organ)
  const { source } = await read('csirt', 'PlaybookService/GetPlaybook', { id: city.id })
  const changed = Buffer.from(source.replace('version: "2026.1"', 'version: "2026.2"')).toString('base64')
  const { revision } = await as('csirt', 'PlaybookService/ImportPlaybook', { source: changed, reason: '年次の見直し' })
  await as('csirt', 'PlaybookService/ApprovePlaybook', { revisionId: revision.id, act: 'REVISION_ACT_SUBMIT' })
  await as('siso', 'PlaybookService/ApprovePlaybook', { revisionId: revision.id, act: 'REVISION_ACT_APPROVE' })
  const page = await enter('edu', '/plans', { size: phone })
  await page.locator('tr', { hasText: '教育委員会の版' }).getByText('全庁が改定済み').waitFor()
  await look(page, 'edition-10-list-behind')
  await page.goto(`${server.url}/plans/${theirs}`)
  await page.getByText('元は第1版、今は第2版').waitFor()
  await look(page, 'edition-11-behind')
  await page.getByRole('button', { name: '今の全庁の版との違いを見る' }).click()
  await page.locator('.difference', { hasText: '2026.2' }).first().waitFor()
  assert.equal(await page.getByLabel('比べる版').locator('option:checked').textContent(), '全庁の第2版')
  await page.getByRole('link', { name: '改定を書く' }).click()
  await page.getByLabel('今の全庁の版の変更を確かめ、取り込んだ').check()
  await look(page, 'edition-12-taken-up')
  await page.getByRole('button', { name: '下書きとして保存する' }).click()
  await page.locator('.plan-head .state', { hasText: '作成中' }).waitFor()
  await page.getByRole('link', { name: '元にした全庁の第2版' }).waitFor()
  await look(page, 'edition-13-draft')
  await page.context().close()
})

for (const [name, options] of [
  ['small-dark-en', { size: small, dark: true, locale: 'en-GB' }],
  ['desk', { size: desk }],
]) {
  test(`the page of an edition behind the city's is sound: ${name}`, async () => {
    const page = await enter('siso', `/plans/${theirs}`, options)
    await page.locator('.note.warn').waitFor()
    await look(page, `edition-14-behind-${name}`)
    await page.context().close()
  })
}
