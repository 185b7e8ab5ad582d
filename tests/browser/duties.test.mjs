// SPDX-License-Identifier: Apache-2.0
// Whoever looks after duties, on the whole product: rotas and who takes a shift over, who may do what, policies with a hole,
// ways out and the codes that prove an address, and command that changes hands.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { Server } from '../support/server.mjs'
import { desk, hold, launch, login, look, open, phone, pictured, small } from './browser.mjs'
import { mailbox } from './mailbox.mjs'

const server = new Server(['--demo'])
const tokens = {}
const as = (name, method, message = {}) =>
  server.call(method, { operationId: randomUUID(), ...message }, (tokens[name] ??= server.token(name)))
const read = (name, method, message = {}) => server.call(method, message, (tokens[name] ??= server.token(name)))
let browser
let mail

before(async () => {
  await server.start()
  browser = await launch()
  mail = await mailbox()
})
after(async () => {
  await browser?.close()
  await server.stop()
  mail?.close()
})

async function enter(name, path, options = {}) {
  const page = await open(browser, server, options)
  page.setDefaultTimeout(15_000)
  if (name === 'admin') await login(page, server)
  else await login(page, server, name, server.demo_password)
  await page.goto(server.url + path)
  return page
}

const dialog = (page) => page.locator('dialog[open]')
const toast = (page, text) => page.locator('.toast', { hasText: text }).first().waitFor()
const rotas = async () => (await read('siso', 'DutyService/ListRotas', { days: 14 })).rotas
const day = (ahead) => new Date(Date.now() + ahead * 86_400_000 + 9 * 3_600_000).toISOString().slice(0, 10)

test('a rota is made for a duty by its own people, and what was typed survives the closing of the dialog', async () => {
  const page = await enter('siso', '/duties/rotas', { size: desk })
  await page.getByText('いまの当番').first().waitFor()
  await page.getByRole('button', { name: '当番表を作る' }).click()
  await dialog(page).getByLabel('どの職務の当番か').fill('CSIRT責任者')
  await dialog(page).locator('.chip', { hasText: 'CSIRT責任者' }).first().click()
  const people = dialog(page).locator('.chip', { hasText: '＋' })
  await people.first().click()
  await people.first().click()
  await dialog(page).getByLabel('1回の長さ').fill('1')
  await dialog(page).getByLabel('交替の時刻').fill('00:00')
  await dialog(page).getByRole('button', { name: 'やめる' }).click()
  await page.getByRole('button', { name: '当番表を作る' }).click()
  await dialog(page).getByText('変更は端末に残しています').waitFor()
  assert.equal(await dialog(page).getByLabel('1回の長さ').inputValue(), '1')
  const [first, second] = await dialog(page).locator('.duty-edit > span:first-child').allTextContents()
  await dialog(page).getByRole('button', { name: /^下へ/ }).first().click()
  assert.equal(await dialog(page).locator('.rota-preview > li').count(), 4)
  await look(page, 'rota-1-editor')
  await dialog(page).getByRole('button', { name: '保存する' }).click()
  await toast(page, '当番表を保存しました')
  const rota = (await rotas()).find((one) => one.role === 'ROLE_CSIRT_LEAD')
  assert.deepEqual([rota.periodDays, rota.members.map((one) => one.name)], [1, [second, first].map((text) => text.replace(/^\s*\d+\.\s*/, ''))])
  const card = page.locator('.rota', { hasText: rota.name })
  await card.getByText(rota.onNow.name).first().waitFor()
  assert.ok((await card.locator('tbody tr').count()) >= 14)
  await look(page, 'rota-2-list')
  await page.context().close()
})

test('a member takes a part of a shift over on the phone, and gives it back', async () => {
  const rota = (await rotas()).find((one) => one.role === 'ROLE_POC')
  const me = (await read('poc', 'AuthService/GetMe')).me.person
  assert.ok(rota.members.some((one) => one.id === me.id))
  const page = await enter('poc', '/duties/rotas', { size: phone })
  const card = page.locator('.rota', { hasText: rota.name })
  const other = rota.shifts.find((one) => one.person.id !== me.id)
  await look(page, 'rota-3-phone')
  await card.getByRole('button', { name: new RegExp(`^${other.person.name} .*交代する`) }).first().click()
  await dialog(page).getByRole('button', { name: '自分が引き受ける' }).waitFor()
  await dialog(page).getByLabel('いつまで').fill(`${day(0)}T00:00`)
  await dialog(page).getByText('終わりは、始まりより後にしてください').waitFor()
  const until = `${day(other === rota.shifts[0] ? 1 : 10)}T23:00`
  await dialog(page).getByLabel('いつまで').fill(until)
  await dialog(page).getByLabel('理由').fill('通院のため')
  await look(page, 'rota-4-swap')
  await dialog(page).getByRole('button', { name: '交代を登録する' }).click()
  await toast(page, '交代しました')
  await card.getByText('⇄ 交代').first().waitFor()
  const [override] = (await rotas()).find((one) => one.id === rota.id).overrides
  assert.deepEqual([override.person.id, override.reason], [me.id, '通院のため'])
  await card.locator('summary').click()
  await card.getByRole('button', { name: '取り消す' }).click()
  await toast(page, '交代を取り消しました')
  await card.getByText('⇄ 交代').waitFor({ state: 'detached' })
  await page.context().close()
})

test('the calendar of my shifts is shown once, can be read, and ends', async () => {
  const page = await enter('poc', '/duties/rotas', { size: phone })
  await page.getByRole('button', { name: '自分の当番をカレンダーに入れる' }).click()
  await dialog(page).getByRole('button', { name: 'アドレスを作る' }).click()
  const address = await dialog(page).getByLabel('カレンダーのアドレス').inputValue()
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
  await dialog(page).getByRole('button', { name: 'コピーする' }).click()
  await toast(page, 'コピーしました')
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), address)
  await look(page, 'rota-5-calendar')
  const calendar = await fetch(address)
  assert.equal(calendar.status, 200)
  assert.match(await calendar.text(), /^BEGIN:VCALENDAR/)
  await dialog(page).getByRole('button', { name: 'いまのアドレスを使えなくする' }).click()
  await toast(page, '使えなくしました')
  assert.equal(await dialog(page).getByLabel('カレンダーのアドレス').count(), 0)
  assert.equal((await fetch(address)).status, 404)
  await page.context().close()
})

test('who cannot keep rotas sees them without a button to change them', async () => {
  const page = await enter('staff', '/duties/rotas', { size: phone })
  await page.getByText('いまの当番').first().waitFor()
  for (const name of [/当番表を作る/, /当番表を直す/, /交代する$/]) assert.equal(await page.getByRole('button', { name }).count(), 0)
  await page.context().close()
})

const cellOf = async (act, role) =>
  (await read('staff', 'DutyService/ListAuthorities')).authorities.find(
    (one) => one.act === `AUTHORITY_ACT_${act}` && one.role === `ROLE_${role}`,
  )

async function change(page, name, level, from) {
  await page.getByRole('button', { name }).click()
  await dialog(page).getByRole('button', { name: level }).click()
  if (from) await dialog(page).getByLabel('この日から').fill(from)
  await dialog(page).getByLabel('根拠の規程・決裁').fill('情報セキュリティ規程第7条')
  await dialog(page).getByLabel('理由').fill('夜間の公表を早くするため')
}

test('who may do what changes from a day on, with its rule; others see the table and its record, and change nothing', async () => {
  const page = await enter('ciso', '/duties/authority', { size: desk })
  await change(page, /^対外公表・報道対応、統括/, '単独可', day(1))
  await look(page, 'authority-1-edit')
  await dialog(page).getByRole('button', { name: 'この定めにする' }).click()
  await toast(page, '定めを登録しました')
  await page.getByRole('button', { name: new RegExp(`^対外公表・報道対応、統括.*${day(1)} に変わる`) }).waitFor()
  assert.equal((await cellOf('PUBLISH', 'SISO')).level, 'AUTHORITY_LEVEL_APPROVAL', 'not before its day')
  await change(page, /^警察への通報、情報セキュリティ管理者/, '単独可')
  await dialog(page).getByRole('button', { name: 'この定めにする' }).click()
  await page.getByRole('button', { name: /^警察への通報、情報セキュリティ管理者.*市の定め/ }).waitFor()
  const now = await cellOf('CALL_POLICE', 'ISM')
  assert.deepEqual([now.level, now.legalBasis], ['AUTHORITY_LEVEL_ALONE', '情報セキュリティ規程第7条'])
  await look(page, 'authority-2-table')
  await page.context().close()

  const other = await enter('staff', '/duties/authority', { size: phone })
  await other.locator('.authority-change', { hasText: '情報セキュリティ規程第7条' }).first().waitFor()
  await other.getByRole('combobox', { name: '職務' }).selectOption('ROLE_ISM')
  await other.getByRole('button', { name: /^警察への通報/ }).click()
  await dialog(other).getByText('変更できるのは').waitFor()
  assert.equal(await dialog(other).locator('input').count(), 0)
  await look(other, 'authority-3-phone')
  await other.context().close()
})

test('a policy with a hole becomes effective only with a reason, which stays with it', async () => {
  const page = await enter('siso', '/duties/policies', { size: desk })
  await page.getByRole('button', { name: '開く' }).first().click()
  await page.locator('.policy-line > li').first().waitFor()
  const role = page.locator('.policy-level').first().getByLabel('職務')
  await role.selectOption('ROLE_CONTRACTOR')
  await page.locator('.policy-level.faulty').waitFor()
  const anyway = page.getByRole('button', { name: '押し続けて、穴を承知でこの方針にする' })
  await anyway.waitFor()
  assert.equal(await anyway.getAttribute('aria-disabled'), 'true', 'not without a reason')
  await page.getByLabel('穴があってもよい理由').fill('委託先の契約が決まるまで')
  await look(page, 'policy-1-hole')
  await hold(page, anyway)
  await toast(page, '方針を保存しました')
  await page.getByText('穴を承知で有効: 委託先の契約が決まるまで').waitFor()
  const saved = (await read('siso', 'EscalationService/ListPolicies')).policies.filter((one) => one.overrideReason)
  assert.deepEqual(saved.map((one) => [one.levels[0].role, one.overrideReason]), [['ROLE_CONTRACTOR', '委託先の契約が決まるまで']])
  await look(page, 'policy-2-list')
  await page.getByRole('button', { name: '開く' }).first().click()
  await hold(page, page.getByRole('button', { name: '押し続けて、初期設定に戻す' }))
  await page.getByRole('heading', { name: '上へ' }).waitFor()
  await page.getByText('穴を承知で有効').waitFor({ state: 'detached' })
  assert.equal((await read('siso', 'EscalationService/ListPolicies')).policies.some((one) => one.overrideReason), false)
  await page.context().close()
})

test('a way out is made and tried: what the other side answered is told, good or bad', async () => {
  const page = await enter('admin', '/admin/channels', { size: desk })
  for (const [name, url] of [
    ['閉じた口', 'smtp://127.0.0.1:9'],
    ['試験の郵便', mail.url],
  ]) {
    await page.getByRole('button', { name: '手段を足す' }).click()
    await dialog(page).getByLabel('名前', { exact: false }).first().fill(name)
    await dialog(page).getByLabel('接続先').fill(url)
    await dialog(page).getByLabel('差出人のアドレス').fill('sokuo@city.example.jp')
    await dialog(page).getByLabel('TLS でなければ送らない').uncheck()
    await dialog(page).getByRole('button', { name: '保存する' }).click()
    await page.locator('.card', { hasText: name }).waitFor()
  }
  for (const [name, said, picture] of [
    ['閉じた口', '受け取られませんでした', 'channel-1-bad'],
    ['試験の郵便', '受け取られました', 'channel-2-good'],
  ]) {
    await page.locator('.card', { hasText: name }).getByRole('button', { name: '試しに送る' }).click()
    await dialog(page).getByLabel('試しに送る宛先').fill('duty@city.example.jp')
    await dialog(page).getByRole('button', { name: '試しに送る' }).click()
    await dialog(page).locator('.note', { hasText: said }).waitFor()
    await look(page, picture)
    await dialog(page).getByRole('button', { name: 'やめる' }).click()
  }
  const { channels } = await server.call('ContactService/ListChannels', {})
  const bad = channels.find((one) => one.name === '閉じた口')
  await server.call('ContactService/SaveChannel', { operationId: randomUUID(), channel: { ...bad, enabled: false } })
  await page.context().close()
})

test('a mail address is proved by the code that arrives there, and by no other', async () => {
  const address = 'hanako.new@city.example.jp'
  const page = await enter('staff', '/contacts', { size: phone })
  await page.getByRole('button', { name: '連絡先を足す' }).click()
  await dialog(page).getByRole('button', { name: 'メール', exact: true }).click()
  await dialog(page).getByLabel('番号・アドレス').fill(address)
  await dialog(page).getByRole('button', { name: '保存する' }).click()
  const point = page.locator('.contact-point', { hasText: address })
  await point.getByRole('button', { name: '試しに送る' }).click()
  await point.getByLabel('届いた番号').waitFor()
  while (mail.codes(address).length === 0) await page.waitForTimeout(100)
  const [code] = mail.codes(address)
  await point.getByLabel('届いた番号').fill(code === '111111' ? '222222' : '111111')
  await point.getByRole('button', { name: '番号で確かめる' }).click()
  await page.locator('.note.error').waitFor()
  await look(page, 'contact-1-wrong')
  await point.getByLabel('届いた番号').fill(code)
  await point.getByRole('button', { name: '番号で確かめる' }).click()
  await point.getByText('確認済み').waitFor()
  await look(page, 'contact-2-proved')
  const own = (await read('staff', 'ContactService/ListContactPoints')).points.find((one) => one.point.address === address)
  assert.ok(own.point.confirmedAt)
  await page.context().close()
})

const commanded = (incident) => read('siso', 'CommandService/GetCommand', { incidentId: incident.id })
async function file(title) {
  return (await as('siso', 'IncidentService/FileIncident', { title, incidentType: 'INCIDENT_TYPE_MALWARE' })).incident
}

test('what the deputy decided is reviewed by who is back, and command goes back by a hand-over', async () => {
  const incident = await file('代行中の決定')
  const ciso = (await read('ciso', 'AuthService/GetMe')).me.person
  const { absence } = await as('ciso', 'DutyService/RegisterAbsence', { reason: '搭乗中' })
  await as('siso', 'CommandService/TakeCommand', { incidentId: incident.id, ground: 'CISO不在' })
  for (const text of ['庁内からの送信を止める', '報道へは明朝に出す'])
    await as('siso', 'IncidentService/AddEntry', { incidentId: incident.id, text, kind: 'ENTRY_KIND_DECISION' })
  await as('ciso', 'DutyService/EndAbsence', { id: absence.id })

  const acting = await enter('siso', `/command/${incident.number}`, { size: desk })
  await acting.getByRole('button', { name: '引き渡す' }).click()
  await dialog(acting).getByRole('searchbox', { name: '引き渡す相手' }).fill(ciso.name)
  await dialog(acting).locator('.chip', { hasText: ciso.name }).click()
  await dialog(acting).getByLabel('伝えておくこと').fill('送信は止めた。報道が残っている')
  await look(acting, 'command-1-hand')
  await hold(acting, dialog(acting).locator('.hold'))
  await toast(acting, '引き渡しました')
  assert.equal((await commanded(incident)).command.by.personId, ciso.id)
  await acting.context().close()

  const page = await enter('ciso', `/command/${incident.number}`, { size: phone })
  const decision = (text) => page.locator('.review', { hasText: text })
  await decision('庁内からの送信を止める').getByRole('button', { name: '同意する' }).click()
  await decision('庁内からの送信を止める').getByText('✓ 同意').waitFor()
  await decision('報道へは明朝に出す').getByRole('button', { name: '異議がある' }).click()
  await dialog(page).getByRole('textbox').fill('今夜のうちに出すべき')
  await dialog(page).getByRole('button', { name: '異議を記録する' }).click()
  await decision('報道へは明朝に出す').getByText('今夜のうちに出すべき').waitFor()
  await look(page, 'command-2-reviewed')
  const reviews = (await commanded(incident)).proxyDecisions.map((one) => [one.text, one.review?.agreed ?? false, one.review?.reason ?? ''])
  assert.deepEqual(reviews.sort(), [
    ['報道へは明朝に出す', false, '今夜のうちに出すべき'],
    ['庁内からの送信を止める', true, ''],
  ].sort())
  await page.context().close()
})

test('two who took command, one of them without a network, are both shown until one of them hands over', async () => {
  const incident = await file('指揮の重複')
  const ciso = (await read('ciso', 'AuthService/GetMe')).me.person
  const page = await enter('siso', `/command/${incident.number}`, { size: phone })
  await page.getByRole('button', { name: '指揮を執る' }).click()
  await page.context().setOffline(true)
  await dialog(page).getByRole('textbox').fill('庁内網が切れたため')
  await hold(page, dialog(page).locator('.hold'))
  await page.locator('.bar .queue', { hasText: '送信待ち 1' }).waitFor()
  await as('ciso', 'CommandService/TakeCommand', { incidentId: incident.id, ground: '自ら指揮' })
  await page.context().setOffline(false)
  await page.getByText('指揮者が二人いた時間があります').waitFor()
  await look(page, 'command-3-conflict')
  const now = await commanded(incident)
  assert.equal(now.command.by.personId, ciso.id)
  assert.deepEqual(now.conflicts.map((one) => one.ground), ['庁内網が切れたため'])

  const holder = await enter('ciso', `/command/${incident.number}`, { size: desk })
  await holder.getByText('指揮者が二人いた時間があります').waitFor()
  await holder.getByRole('button', { name: '引き渡す' }).click()
  await dialog(holder).getByRole('searchbox', { name: '引き渡す相手' }).fill(ciso.name)
  await dialog(holder).locator('.chip', { hasText: ciso.name }).click()
  await hold(holder, dialog(holder).locator('.hold'))
  for (const one of [holder, page]) await one.getByText('指揮者が二人いた時間があります').waitFor({ state: 'detached' })
  await holder.context().close()
  await page.context().close()
})

const views = [
  ['small-largest', { size: small, text: 'largest' }],
  ...pictured(['small-dark-en', { size: small, dark: true, locale: 'en-GB' }]),
  ['desk-dark-en', { size: desk, dark: true, locale: 'en-GB' }],
]

for (const [view, options] of views) {
  test(`the screens of rotas and authority are sound: ${view}`, async (t) => {
    const page = await enter('siso', '/', options)
    if (options.text) await page.evaluate((size) => localStorage.setItem('sokuo.size', size), options.text)
    for (const [name, path, ready, act] of [
      ['rotas', '/duties/rotas', '.rota', null],
      ['rota-edit', '/duties/rotas', '.rota', () => page.getByRole('button', { name: /当番表を直す|Change the rota/ }).first().click()],
      ['rota-swap', '/duties/rotas', '.rota', () => page.getByRole('button', { name: /を交代する|Swap the shift/ }).first().click()],
      ['calendar', '/duties/rotas', '.rota', () => page.getByRole('button', { name: /カレンダーに入れる|in my calendar/ }).click()],
      ['authority', '/duties/authority', '.authority', null],
      ['authority-cell', '/duties/authority', '.authority', () => page.locator('.authority-cell').nth(2).click()],
    ]) {
      await t.test(name, async () => {
        await page.goto(server.url + path)
        await page.locator(ready).first().waitFor()
        if (act) {
          await act()
          await dialog(page).waitFor()
          await page.waitForFunction(() => !document.querySelector('dialog .loading'))
        }
        await look(page, `${view}-${name}`)
      })
    }
    await page.context().close()
  })
}

// Last: whoever is ordered something hears of it on every screen.
test('reach is tried from the readiness page, as an exercise: never tried is amber, then the order fills up', async () => {
  const page = await enter('siso', '/duties/readiness', { size: desk })
  await page.locator('.note.warn', { hasText: '連絡試験は、まだ一度も行われていません' }).waitFor()
  await page.getByRole('button', { name: '連絡試験(訓練)をする' }).click()
  await dialog(page).getByText('【訓練】と書いた指示を送ります').waitFor()
  await dialog(page).getByRole('button', { name: '選ぶ' }).click()
  await dialog(page).getByRole('searchbox', { name: '職務を選ぶ' }).fill('CSIRT責任者')
  await dialog(page).locator('.picks .chip', { hasText: 'CSIRT責任者' }).first().click()
  await dialog(page).getByLabel('答えを待つ時間').fill('500')
  await dialog(page).getByText('1から120までの数を入れてください').waitFor()
  await dialog(page).getByLabel('答えを待つ時間').fill('10')
  await look(page, 'readiness-1-dialog')
  await hold(page, dialog(page).locator('.hold'))
  await dialog(page).getByText('1 の職務に【訓練】の指示を送っています').waitFor()
  await look(page, 'readiness-2-begun')
  await dialog(page).getByRole('link', { name: '回答の様子を見る' }).click()
  await page.locator('.tree, .order-text').first().waitFor()
  await look(page, 'readiness-3-order')
  const { lastTest } = await read('siso', 'DutyService/GetReadiness', { holesOnly: true })
  assert.equal(lastTest.answerWithinMin, 10)
  const { order } = await read('siso', 'CommandService/GetOrder', { orderId: lastTest.orderId })
  assert.equal(order.mode, 'MODE_EXERCISE')
  await page.goto(`${server.url}/duties/readiness`)
  await page.getByText('連絡試験の最中です').waitFor()
  assert.equal(await page.getByRole('button', { name: '連絡試験(訓練)をする' }).count(), 0, 'one at a time')
  await look(page, 'readiness-4-running')
  await page.context().close()
})
