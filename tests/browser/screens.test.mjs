// SPDX-License-Identifier: Apache-2.0
// Every screen, phone and desk, both languages and themes: no breach of WCAG 2.2 AA that axe can see, nothing wider than
// the screen, no error on the console. With SOKUO_PICTURES=DIR each is also kept as a picture, to be looked at.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Server } from '../support/server.mjs'
import { breaches, desk, launch, login, open, overflows, phone, picture } from './browser.mjs'

const server = new Server(['--demo'])
let browser
let incident

before(async () => {
  await server.start()
  browser = await launch()
  const list = await server.call('IncidentService/ListIncidents', { pageSize: 1 })
  incident = list.incidents[0].number
})
after(async () => {
  await browser?.close()
  await server.stop()
})

const screens = () => [
  ['home', '/'],
  ['file', '/file'],
  ['incident', `/incident/${incident}`],
  ['outbox', '/outbox'],
  ['search', '/search'],
  ['settings', '/settings'],
  ['account', '/account'],
  ['desk', '/desk'],
  ['board', '/desk/board'],
  ['persons', '/admin/persons'],
  ['posts', '/admin/posts'],
  ['units', '/admin/units'],
  ['systems', '/admin/systems'],
  ['import', '/admin/import'],
  ['accounts', '/admin/accounts'],
  ['integrations', '/admin/integrations'],
  ['missing', '/no/such/screen'],
]

const views = [
  ['phone', { size: phone }],
  ['desk', { size: desk }],
  ['phone-dark-en', { size: phone, dark: true, locale: 'en-GB' }],
  ['desk-dark-en', { size: desk, dark: true, locale: 'en-GB' }],
]

for (const [view, options] of views) {
  test(`every screen is sound: ${view}`, async (t) => {
    const page = await open(browser, server, options)
    await page.waitForSelector('input[autocomplete=username]')
    await picture(page, `${view}-login`)
    assert.deepEqual(await breaches(page), [], 'login')
    await login(page, server)
    for (const [name, path] of screens()) {
      await t.test(name, async () => {
        await page.goto(server.url + path)
        await page.waitForSelector('main :is(h1, h2, .empty)')
        await page.waitForFunction(() => !document.querySelector('main .loading'))
        await picture(page, `${view}-${name}`)
        assert.deepEqual(await overflows(page), [])
        assert.deepEqual(await breaches(page), [])
        assert.deepEqual(page.faults.splice(0), [])
      })
    }
    await page.context().close()
  })
}
