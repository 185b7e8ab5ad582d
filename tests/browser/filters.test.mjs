// SPDX-License-Identifier: Apache-2.0
// A filter of the board is saved under a name, comes back on another day, and is its owner's alone.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Server } from '../support/server.mjs'
import { breaches, launch, login, open, picture } from './browser.mjs'

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

const numbers = (page) => page.locator('.board td:first-child a').allTextContents()

// The board with this filter, as the server answers it.
const expected = async (filter) =>
  ((await server.call('IncidentService/ListIncidents', { pageSize: 50, filter })).incidents ?? []).map((one) => one.number)

async function board(page) {
  await page.goto(`${server.url}/desk/board`)
  await page.locator('.board, .empty').first().waitFor()
}

async function shows(page, wanted) {
  await page.waitForFunction(
    (all) => JSON.stringify([...document.querySelectorAll('.board td:first-child a')].map((a) => a.textContent)) === all,
    JSON.stringify(wanted),
  )
}

test('a filter that was saved brings the same incidents back', async () => {
  const page = await open(browser, server)
  await login(page, server)
  await board(page)
  await page.locator('.filters summary').click()
  await page.locator('.filters').getByText('対応中のみ', { exact: true }).click() // closed ones, too
  await page.locator('.filters').getByText(/^S3 /).click()
  const wanted = await expected({ severities: ['SEVERITY_S3'] })
  const others = await expected({ openOnly: true })
  assert.ok(wanted.length > 0 && wanted.join() !== others.join(), 'the demo has incidents to tell apart')
  await shows(page, wanted)

  await page.getByRole('button', { name: 'この絞り込みを保存' }).click()
  assert.deepEqual(await breaches(page), [])
  await page.getByLabel('名前').fill('S3 の全部')
  await picture(page, 'filters-1-naming')
  await page.getByRole('dialog').getByRole('button', { name: '保存する' }).click()
  const saved = page.getByRole('button', { name: 'S3 の全部', exact: true })
  await saved.waitFor()

  // On another visit the board begins with what is open; one press brings the filter back.
  await board(page)
  await shows(page, others)
  await saved.click()
  await shows(page, wanted)
  await picture(page, 'filters-2-used')
  assert.deepEqual(await breaches(page), [])
  assert.deepEqual(page.faults, [])
  await page.context().close()
})

test('nobody else sees it, and its owner can take it away', async () => {
  const other = await open(browser, server)
  await login(other, server, 'csirt', server.demo_password)
  await board(other)
  await other.getByRole('button', { name: 'この絞り込みを保存' }).waitFor()
  assert.equal(await other.getByText('S3 の全部').count(), 0)
  await other.context().close()

  const page = await open(browser, server)
  await login(page, server)
  await board(page)
  await page.getByRole('button', { name: '外す: S3 の全部' }).click()
  await page.getByText('S3 の全部').waitFor({ state: 'detached' })
  assert.deepEqual((await server.call('IncidentService/ListSavedFilters', {})).savedFilters ?? [], [])
  await page.context().close()
})
