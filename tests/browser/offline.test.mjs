// SPDX-License-Identifier: Apache-2.0
// A phone without a network: what was filed waits on the device, survives the tab, and arrives exactly once.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Server } from '../support/server.mjs'
import { breaches, launch, login, open, phone, picture } from './browser.mjs'

const server = new Server()
let browser

before(async () => {
  await server.start()
  browser = await launch()
})
after(async () => {
  await browser?.close()
  await server.stop()
})

const titles = async () =>
  ((await server.call('IncidentService/ListIncidents', {})).incidents ?? []).map((one) => one.title)

test('a filing without a network is kept through a killed tab and arrives once', async () => {
  const page = await open(browser, server, { size: phone })
  const context = page.context()
  await login(page, server)
  await page.goto(`${server.url}/file`)
  // The service worker brings the page back without a network.
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined))
  await page.getByLabel(/何が起きましたか/).fill('庁舎の回線が切れた')

  // Nobody answers: the surest way to have no network, for the page and for its service worker.
  await server.halt()
  await page.getByRole('button', { name: '届け出る', exact: true }).click()
  await page.locator('.bar .queue', { hasText: '送信待ち 1' }).waitFor()
  await picture(page, 'offline-1-waiting')
  await page.close({ runBeforeUnload: false })

  // The page opens without a network, too, and still has it.
  const again = await context.newPage()
  await again.goto(server.url)
  await again.locator('.bar .queue', { hasText: '送信待ち 1' }).waitFor()
  await picture(again, 'offline-2-reopened')

  await server.start(Number(new URL(server.url).port))
  await again.locator('.bar .queue', { hasText: '送信待ち 0' }).waitFor()
  await again.getByText('庁舎の回線が切れた').first().waitFor()
  await picture(again, 'offline-3-arrived')
  assert.deepEqual(await titles(), ['庁舎の回線が切れた'])
  await context.close()
})

test('without a network home says so and since when, and comes back by itself', async () => {
  const page = await open(browser, server, { size: phone })
  const context = page.context()
  await login(page, server)
  const known = page.locator('main').getByText('庁舎の回線が切れた').first()
  await known.waitFor()
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined))

  // What is on the screen stays, but is not passed off as the present.
  await server.halt()
  const band = page.locator('.band', { hasText: /圏外です.*最後に通信できたのは \d\d:\d\d/ })
  await band.waitFor()
  assert.ok(await known.isVisible())
  await picture(page, 'offline-4-home')
  assert.deepEqual(await breaches(page), [])

  // A fresh tab has nothing to show: it says why instead of loading for ever.
  const fresh = await context.newPage()
  await fresh.goto(server.url)
  await fresh.locator('.empty', { hasText: '圏外のため、一覧を表示できません' }).waitFor()
  await fresh.locator('.band', { hasText: /最後に通信できたのは \d\d:\d\d/ }).waitFor()
  assert.equal(await fresh.locator('.loading').count(), 0)
  await picture(fresh, 'offline-5-home-fresh')
  assert.deepEqual(await breaches(fresh), [])

  await server.start(Number(new URL(server.url).port))
  for (const one of [page, fresh]) {
    await one.locator('.band').waitFor({ state: 'detached' })
    await one.locator('main').getByText('庁舎の回線が切れた').first().waitFor()
  }
  await context.close()
})

test('a screen that the device does not have says so, and opens by itself when the server is back', async () => {
  const page = await open(browser, server, { size: phone, worker: false })
  await login(page, server)
  await server.halt()
  await page.locator('nav a[href="/search"]').click()
  await page.getByText('圏外のため、この画面は開けません').waitFor()
  assert.equal(await page.getByText('新しい版があります').count(), 0)
  assert.deepEqual(await breaches(page), [])
  await server.start(Number(new URL(server.url).port))
  await page.getByRole('searchbox').waitFor()
  await page.context().close()
})

test('an entry whose answer was lost is not written twice', async () => {
  const page = await open(browser, server, { size: phone })
  await login(page, server)
  const [incident] = (await server.call('IncidentService/ListIncidents', {})).incidents
  await page.goto(`${server.url}/incident/${incident.number}`)
  // The server gets the entry, the phone does not get the answer: what a bad network does best.
  let lost = 0
  await page.route('**/sokuo.v1.SyncService/Push', async (route) => {
    if (lost++ > 0) return route.continue()
    await route.fetch()
    await route.abort('connectionreset')
  })
  const box = page.getByPlaceholder('聞いたこと・決めたこと')
  await box.fill('予備回線に切り替えた')
  await box.press('Control+Enter')
  for (let tries = 0; lost < 2 && tries < 600; tries++) await new Promise((resolve) => setTimeout(resolve, 100))
  await page.locator('.bar .queue', { hasText: '送信待ち 0' }).waitFor()
  const { entries } = await server.call('IncidentService/ListEntries', { incidentId: incident.id })
  assert.equal(entries.filter((entry) => entry.text === '予備回線に切り替えた').length, 1)
  assert.ok(lost >= 2, 'the phone tried again')
  await page.context().close()
})

test('what was typed is still there after the tab was killed', async () => {
  const page = await open(browser, server, { size: phone })
  await login(page, server)
  const [incident] = (await server.call('IncidentService/ListIncidents', {})).incidents
  await page.goto(`${server.url}/incident/${incident.number}`)
  await page.getByPlaceholder('聞いたこと・決めたこと').fill('長い報告の途中')
  // IndexedDB has it once it can be read back from there.
  await page.waitForFunction(
    () =>
      new Promise((resolve) => {
        indexedDB.databases().then(([{ name }]) => {
          const opened = indexedDB.open(name)
          opened.onsuccess = () => {
            const asked = opened.result.transaction('drafts').objectStore('drafts').getAll()
            asked.onsuccess = () => resolve(JSON.stringify(asked.result).includes('長い報告の途中'))
          }
        })
      }),
  )
  await page.close({ runBeforeUnload: false })
  const again = await page.context().newPage()
  await again.goto(`${server.url}/incident/${incident.number}`)
  await again.waitForFunction(() => [...document.querySelectorAll('textarea')].some((box) => box.value === '長い報告の途中'))
  await again.context().close()
})
