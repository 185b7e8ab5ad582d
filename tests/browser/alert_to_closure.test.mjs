// SPDX-License-Identifier: Apache-2.0
// A real Alertmanager, configured with what the administration page shows, opens an item; a person triages it at the desk
// by keyboard and follows it to closure on the incident's page. The chronology tells it all, on a second screen too, live.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { Server } from '../support/server.mjs'
import { desk, launch, login, open, phone, picture } from './browser.mjs'

const server = new Server()
const directory = mkdtempSync(join(tmpdir(), 'sokuo-alertmanager-'))
let browser, alertmanager

before(async () => {
  await server.start()
  browser = await launch()
})
after(async () => {
  alertmanager?.kill()
  await browser?.close()
  await server.stop()
  rmSync(directory, { recursive: true, force: true })
})

function freePort() {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address()
      probe.close(() => resolve(port))
    })
  })
}

async function startAlertmanager(yaml) {
  const port = await freePort()
  writeFileSync(join(directory, 'alertmanager.yml'), yaml)
  const flags = [
    `--config.file=${join(directory, 'alertmanager.yml')}`,
    `--storage.path=${join(directory, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`,
    '--cluster.listen-address=',
  ]
  alertmanager = spawn('/usr/bin/prometheus-alertmanager', flags, { stdio: 'ignore' })
  const url = `http://127.0.0.1:${port}`
  for (let i = 0; i < 200; i++) {
    if (await fetch(`${url}/-/ready`).then((r) => r.ok, () => false)) return url
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error('Alertmanager did not start')
}

async function fire(url, labels, annotations) {
  const alerts = [{ labels, annotations, startsAt: new Date().toISOString() }]
  const response = await fetch(`${url}/api/v2/alerts`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(alerts),
  })
  assert.equal(response.status, 200)
}

test('from the alert to closure', async (t) => {
  const page = await open(browser, server, { size: desk })
  await login(page, server)
  let yaml, alerts, number

  await t.test('an integration is made, and its settings are shown', async () => {
    await page.goto(`${server.url}/admin/integrations`)
    await page.getByRole('button', { name: '追加する' }).click()
    await page.getByLabel('名前').fill('監視サーバー')
    await page.getByRole('button', { name: '保存する' }).click()
    yaml = await page.locator('.secret pre').nth(1).textContent()
    assert.match(yaml, /webhook_configs/)
    await picture(page, 'flow-1-token')
    await page.getByRole('button', { name: '閉じる' }).click()
  })

  await t.test('Alertmanager takes them as they are, and an alert is news at the desk', async () => {
    alerts = await startAlertmanager(yaml)
    await page.goto(`${server.url}/desk`)
    await page.getByText('受付の列は空です').waitFor()
    await fire(alerts, { alertname: 'FileServerDown', severity: 'critical' }, { summary: '共有ファイルサーバーが応答しません' })
    await page.getByRole('button', { name: '新着 1件' }).waitFor()
    await page.keyboard.press('r')
    await page.locator('.queue-row', { hasText: '共有ファイルサーバーが応答しません' }).waitFor()
    await picture(page, 'flow-2-queue')
  })

  await t.test('by keyboard it becomes an incident and is triaged', async () => {
    await page.keyboard.press('p')
    const said = page.getByText(/事案 \d{4}-\d{4} にしました/)
    await said.waitFor()
    number = (await said.textContent()).match(/\d{4}-\d{4}/)[0]
    await page.locator('.queue-row', { hasText: number }).waitFor()
    await page.keyboard.press('3')
    await page.getByLabel('次の状態').selectOption('INCIDENT_STATE_HANDLING_LOCAL')
    await page.getByLabel('根拠 (1行)').fill('1台のみ。業務への影響は小さい')
    await picture(page, 'flow-3-decision')
    await page.locator('.proposal h2').click()
    await page.keyboard.press('Enter')
    await page.getByText('1件を処理しました').waitFor()
  })

  await t.test('its page follows it to closure, and a phone sees it live', async () => {
    await page.goto(`${server.url}/incident/${number}`)
    const other = await open(browser, server, { size: phone })
    await login(other, server)
    await other.goto(`${server.url}/incident/${number}`)
    await other.getByText('共有ファイルサーバーが応答しません').first().waitFor()

    await page.getByRole('button', { name: '「終結」へ進める' }).click()
    const dialog = page.locator('dialog[open]')
    await dialog.locator('textarea').first().fill('再起動で復旧。再発なし')
    await dialog.getByRole('button', { name: '「終結」へ進める' }).click()
    await page.locator('.state', { hasText: '終結' }).first().waitFor()
    await picture(page, 'flow-4-closed')

    // Nothing moves under the finger: what is new waits behind a chip while the chronology is out of view.
    const chip = other.getByRole('button', { name: /新着 1件/ })
    const told = other.getByText('再起動で復旧。再発なし').first()
    await chip.or(told).first().waitFor()
    if (await chip.isVisible()) await chip.click()
    await told.waitFor()
    await picture(other, 'flow-5-phone')
    await other.context().close()
  })

  await t.test('the record tells the whole way, each change with who did it', async () => {
    const { incident, entries } = await server.call('IncidentService/GetIncident', { id: number, entryCount: 50 })
    assert.equal(incident.state, 'INCIDENT_STATE_CLOSED')
    const fields = entries.flatMap((entry) => (entry.changes ?? []).map((change) => change.field))
    for (const field of ['severity', 'state']) assert.ok(fields.includes(field), field)
    assert.ok(entries.every((entry) => entry.by?.personName && entry.recordedAt && entry.occurredAt))
    assert.deepEqual(page.faults, [])
  })
})
