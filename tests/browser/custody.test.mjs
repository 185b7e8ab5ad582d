// SPDX-License-Identifier: Apache-2.0
// The police take evidence with them: from the incident to a signed slip, on every size of screen and on paper.
import assert from 'node:assert/strict'
import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { Server } from '../support/server.mjs'
import { launch, login, look, open, sound, views } from './browser.mjs'

const server = new Server(['--demo'])
const log = randomBytes(3000)
let browser
let incident
let slip

before(async () => {
  await server.start()
  browser = await launch()
  const token = server.token('handler')
  const as = (method, message) => server.call(method, message, token)
  const filed = await as('IncidentService/FileIncident', { operationId: randomUUID(), title: 'ランサムウェアの疑い' })
  incident = filed.incident
  const about = { incidentId: incident.id }
  const sha256 = createHash('sha256').update(log).digest('base64')
  const file = { operationId: randomUUID(), id: randomUUID(), name: 'EDRログ.csv', size: log.length, sha256, ...about }
  await as('EvidenceService/BeginEvidence', file)
  await as('EvidenceService/PutChunk', { evidenceId: file.id, data: log.toString('base64') })
  const entry = { operationId: randomUUID(), text: '中島 陽介へ電話 090-1234-5678', sender: '県 山田', ...about }
  await as('IncidentService/AddEntry', entry)
  const place = '情報政策課 金庫: 感染機のディスク'
  await as('EvidenceService/BeginEvidence', { operationId: randomUUID(), id: randomUUID(), paperLocation: place, ...about })
})
after(async () => {
  await browser?.close()
  await server.stop()
})

test('the handler hands out a copy and an original, and what was typed outlives a closed dialog', async () => {
  const page = await open(browser, server)
  await login(page, server, 'handler', server.demo_password)
  await page.goto(`${server.url}/incident/${incident.number}`)
  await page.getByRole('link', { name: '証拠と引渡し' }).click()
  await page.getByRole('button', { name: '証拠を引き渡す' }).click()
  const dialog = page.getByRole('dialog')
  assert.deepEqual(await dialog.getByLabel('EDRログ.csv').locator('option').allTextContents(), ['渡さない', '写し'])
  await dialog.getByLabel('EDRログ.csv').selectOption('写し')
  await dialog.getByLabel(/ディスク/).selectOption('原本')
  await dialog.getByLabel(/引渡し先の組織/).fill('県警 サイバー犯罪対策課')
  await dialog.getByLabel(/受け取る人/).fill('山田 太郎')
  await look(page, 'custody-form')
  await page.keyboard.press('Escape')
  await page.reload()
  await page.getByRole('button', { name: '証拠を引き渡す' }).click()
  await dialog.getByLabel(/目的/).fill('捜査')
  await dialog.getByLabel(/相手方の受領番号/).fill('捜-118')
  await dialog.getByRole('button', { name: '引渡しを記録する' }).click()
  await page.getByRole('heading', { name: '証拠受渡し票' }).waitFor()
  slip = new URL(page.url()).pathname
  const text = (await page.locator('.slip').textContent()) ?? ''
  const digest = createHash('sha256').update(log).digest('hex')
  for (const word of ['EDRログ.csv', '原本', '写し', '3,000', 'JST', '捜-118', '山田 太郎', '署名']) {
    assert.ok(text.includes(word), `${word} in ${text}`)
  }
  assert.ok(text.replaceAll(' ', '').includes(digest), 'the whole digest, to be compared')
  await page.goto(`${server.url}/incident/${incident.number}`)
  await page.getByText(/証拠2点を引き渡しました: 県警/).waitFor()
  await page.context().close()
})

test('a second slip cannot hold the original again', async () => {
  const page = await open(browser, server)
  await login(page, server, 'csirt', server.demo_password)
  await page.goto(`${server.url}/custody/${incident.number}`)
  await page.getByRole('button', { name: '証拠を引き渡す' }).click()
  const choices = page.getByRole('dialog').getByLabel(/ディスク/).locator('option')
  assert.deepEqual(await choices.allTextContents(), ['渡さない', '写し'])
  await page.context().close()
})

test('an extract of the chronology says what was removed, and names nobody', async () => {
  const page = await open(browser, server)
  await login(page, server, 'handler', server.demo_password)
  await page.goto(`${server.url}/custody/${incident.number}`)
  await page.getByRole('link', { name: '経過の抜粋(墨消し)' }).click()
  await page.getByLabel(/目的/).fill('県警の照会への回答')
  await look(page, 'extract-form')
  await page.getByRole('button', { name: '抜粋を作る' }).click()
  await page.getByText(/必ず人が全部読んで/).waitFor()
  const text = (await page.locator('.extract-lines').textContent()) ?? ''
  assert.ok(text.includes('〔墨消し:氏名〕') && !text.includes('山田'), text)
  await look(page, 'extract')
  await page.context().close()
})

test('the slip prints on one page of A4', async () => {
  const page = await open(browser, server)
  await login(page, server, 'handler', server.demo_password)
  await page.goto(server.url + slip)
  await page.locator('.slip').waitFor()
  const pdf = (await page.pdf({ preferCSSPageSize: true })).toString('latin1')
  assert.equal(pdf.match(/\/Type\s*\/Page\b/g)?.length, 1)
  await page.context().close()
})

for (const [view, options] of views) {
  test(`the evidence and the slip are sound as ${view}`, async () => {
    const page = await open(browser, server, options)
    await login(page, server, 'siso', server.demo_password)
    await sound(page, `${server.url}/custody/${incident.number}`, `custody-${view}`)
    await sound(page, server.url + slip, `slip-${view}`)
    await page.context().close()
  })
}
