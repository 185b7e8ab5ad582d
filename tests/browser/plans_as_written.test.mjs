// SPDX-License-Identifier: Apache-2.0
// The life of a plan at the desk: edited in the form beside the phone's view, faults said where they are, submitted,
// approved by other eyes, in force, exported as the same YAML; and one taken in from a file.
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { Server } from '../support/server.mjs'
import { desk, launch, login, open, picture } from './browser.mjs'

const server = new Server(['--demo'])
const tokens = {}
let browser

before(async () => {
  await server.start()
  browser = await launch()
})
after(async () => {
  await browser?.close()
  await server.stop()
})

const as = (name, method, message) => server.call(method, message, (tokens[name] ??= server.token(name)))
const got = (id) => as('csirt', 'PlaybookService/GetPlaybook', { id })

async function enter(name) {
  const page = await open(browser, server, { size: desk })
  await login(page, server, name, server.demo_password)
  return page
}

// What a press makes the browser save.
async function saved(page, press) {
  const [download] = await Promise.all([page.waitForEvent('download'), press()])
  return { name: download.suggestedFilename(), text: readFileSync(await download.path(), 'utf8') }
}

test('from the form to the plan in force', async (t) => {
  const page = await enter('csirt')
  const before = await got('PB-14')
  let revision

  await t.test('the list leads to the plan, the plan to its editor', async () => {
    await page.goto(`${server.url}/plans`)
    await page.locator('[data-plan]').first().waitFor()
    await picture(page, 'plans-1-list')
    await page.getByRole('link', { name: '停電', exact: true }).click()
    await page.getByRole('heading', { level: 1, name: /PB-14 停電/ }).waitFor()
    await picture(page, 'plans-2-plan')
    await page.getByRole('link', { name: '改定を書く' }).click()
    await page.locator('.editor-form').waitFor()
    await page.getByText('不備はありません').waitFor()
    await picture(page, 'plans-3-editor')
  })

  await t.test('what is typed stands on the phone beside the form at once', async () => {
    await page.locator('.editor-list li button', { hasText: '04' }).first().click()
    const what = page.getByLabel('すること (1行) · 日本語')
    await what.fill('非常用電源があと何時間もつかを確かめる')
    await page.locator('.phone-what', { hasText: 'あと何時間もつか' }).waitFor()
    await picture(page, 'plans-4-preview')
  })

  await t.test('a fault is said at its field, and its line leads to the step', async () => {
    const target = page.getByLabel('目標', { exact: true })
    const good = await target.inputValue()
    await target.fill('soon')
    const verdict = page.locator('.verdict li.fault').first()
    await verdict.waitFor()
    await page.locator('.editor-form .error').first().waitFor()
    await picture(page, 'plans-5-fault')
    await page.locator('.editor-list li button').first().click()
    await verdict.locator('button').click()
    await page.locator('.editor-list button[aria-current]', { hasText: '04' }).waitFor()
    await target.fill(good)
    await page.getByText('不備はありません').waitFor()
  })

  await t.test('a step is added, moved and removed without touching the others', async () => {
    await page.getByRole('button', { name: '手順を後に追加' }).click()
    await page.getByLabel('すること (1行) · 日本語').fill('電気自動車から給電する')
    await page.getByLabel('すること (1行) · 英語').fill('Take power from the electric cars')
    await page.getByRole('button', { name: '上へ' }).click()
    await page.getByRole('button', { name: '下へ' }).click()
    await picture(page, 'plans-6-added')
    await page.getByRole('button', { name: 'この手順を消す' }).click()
    await page.getByRole('button', { name: 'YAML で編集' }).click()
    const text = await page.getByLabel('YAML', { exact: true }).inputValue()
    const lines = before.source.split('\n')
    const changed = text.split('\n').filter((line, i) => line !== lines[i])
    assert.equal(text.split('\n').length, lines.length)
    assert.equal(changed.length, 1, changed.join('\n'))
    await picture(page, 'plans-7-yaml')
    await page.getByRole('button', { name: '項目で編集' }).click()
  })

  await t.test('a closed tab keeps what was typed', async () => {
    await page.reload()
    await page.getByText('保存していない下書きを戻しました').waitFor()
    await page.locator('.editor-list li button', { hasText: 'あと何時間もつか' }).waitFor()
  })

  await t.test('it is kept as a draft, its difference is shown, and it is submitted', async () => {
    await page.getByLabel('変更の理由').fill('訓練の反省')
    await page.getByRole('button', { name: '下書きとして保存する' }).click()
    await page.getByText('下書きとして保存しました').waitFor()
    await page.getByRole('heading', { level: 1, name: /PB-14/ }).waitFor()
    await page.getByRole('button', { name: '前の版との違い' }).click()
    await page.locator('.difference ins', { hasText: 'あと何時間もつか' }).waitFor()
    await picture(page, 'plans-8-difference')
    await page.getByRole('button', { name: '審査に出す' }).click()
    await page.locator('dialog[open]').getByRole('button', { name: '審査に出す' }).click()
    await page.locator('.plan-head .state', { hasText: '審査中' }).waitFor()
    assert.equal(await page.getByRole('button', { name: '承認する' }).count(), 0, 'nobody approves their own')
    revision = new URL(page.url()).pathname.split('/')[2]
    await picture(page, 'plans-9-submitted')
  })

  await t.test('another person approves it, and it is in force', async () => {
    const head = await enter('ciso')
    await head.goto(`${server.url}/plans`)
    await head.locator('tr', { hasText: 'PB-14' }).getByRole('link', { name: '改定中' }).click()
    await head.getByRole('button', { name: '承認する' }).click()
    await picture(head, 'plans-10-approve')
    await head.locator('dialog[open]').getByRole('button', { name: /承認する/ }).click({ delay: 1200 })
    await head.locator('.plan-head .state', { hasText: '施行中' }).waitFor()
    await head.getByRole('button', { name: '履歴' }).click()
    await head.locator('.history .state', { hasText: '旧版' }).waitFor()
    await picture(head, 'plans-11-effective')
    assert.equal((await got('PB-14')).revision.id, revision)
    assert.deepEqual(head.faults, [])
    await head.context().close()
  })

  await t.test('it is exported byte for byte as it was written', async () => {
    await page.goto(`${server.url}/plans/${revision}`)
    await page.locator('summary', { hasText: '書き出す' }).click()
    await picture(page, 'plans-12-export')
    const yaml = await saved(page, () => page.locator('.menu-list').getByRole('button', { name: /YAML/ }).click())
    assert.match(yaml.name, /\.yaml$/)
    assert.equal(yaml.text, (await got(revision)).source)
    assert.ok(yaml.text.includes('あと何時間もつか') && yaml.text.length > before.source.length)
    writeFileSync(join(server.data, 'taken.yaml'), yaml.text.replaceAll('PB-14', 'PB-31').replace('playbook: power_outage', 'playbook: generator'))
  })

  await t.test('a plan from a file becomes a draft', async () => {
    await page.goto(`${server.url}/plans`)
    await page.getByRole('button', { name: 'ファイルを取り込む' }).click()
    const dialog = page.locator('dialog[open]')
    await dialog.locator('input[type=file]').setInputFiles(join(server.data, 'taken.yaml'))
    await picture(page, 'plans-13-import')
    await dialog.getByRole('button', { name: 'ファイルを取り込む' }).click()
    await page.getByRole('heading', { level: 1, name: /PB-31/ }).waitFor()
    await page.locator('.plan-head .state', { hasText: '作成中' }).waitFor()
    await picture(page, 'plans-14-imported')
    assert.deepEqual(page.faults, [])
  })
})
