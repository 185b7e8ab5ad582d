// SPDX-License-Identifier: Apache-2.0
// Every screen, phone and desk, both languages and themes: no breach of WCAG 2.2 AA that axe can see, nothing wider than
// the screen, no error on the console. With SOKUO_PICTURES=DIR each is also kept as a picture, to be looked at.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Server } from '../support/server.mjs'
import { breaches, launch, login, look, open, picture, pictured, small, sound, views } from './browser.mjs'
import { startPlan, stepOf } from './plan.mjs'

const server = new Server(['--demo'])
let browser
let incident, step

before(async () => {
  await server.start()
  browser = await launch()
  const list = await server.call('IncidentService/ListIncidents', { pageSize: 1 })
  incident = list.incidents[0].number
  const { incident: mine } = await startPlan(server, 'PB-01', { mode: 'MODE_EXERCISE' })
  step = (no) => stepOf(server, 'siso', mine.id, no)
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

for (const [view, options] of views) {
  test(`every screen is sound: ${view}`, async (t) => {
    const page = await open(browser, server, options)
    await page.waitForSelector('input[autocomplete=username]')
    await picture(page, `${view}-login`)
    assert.deepEqual(await breaches(page), [], 'login')
    await login(page, server)
    for (const [name, path] of screens()) {
      await t.test(name, async () => {
        await sound(page, server.url + path, `${view}-${name}`)
      })
    }
    await page.context().close()
  })
}

// The steps of somebody who follows a plan; 320 px and text at 200 %, too.
const stepViews = [
  ...views,
  ...pictured(['small', { size: small }]),
  ['small-dark-en', { size: small, dark: true, locale: 'en-GB', lay: true }],
  ['small-largest', { size: small, text: 'largest', lay: true }],
]

for (const [view, options] of stepViews) {
  test(`my steps are sound: ${view}`, async (t) => {
    const page = await open(browser, server, options)
    if (options.text) await page.evaluate((size) => localStorage.setItem('sokuo.size', size), options.text)
    await login(page, server, 'siso', server.demo_password)
    const plain = await step('21')
    const screens = [
      ['list', '/steps'],
      ['plain', `/steps/${plain.id}`],
      ['decision', `/steps/${(await step('06')).id}`],
      ['notice', `/steps/${(await step('10')).id}`],
      ['gone', '/steps/00000000-0000-4000-8000-000000000000'],
    ]
    for (const [name, path] of screens) {
      await t.test(name, () => sound(page, server.url + path, `${view}-steps-${name}`))
    }
    for (const [name, button] of [
      ['cannot', /できない|Cannot/],
      ['hand', /引き継ぐ|Hand over/],
      ['other', /その他|More/],
    ]) {
      await t.test(name, async () => {
        await page.goto(`${server.url}/steps/${plain.id}`)
        await page.locator('.second').getByRole('button', { name: button }).click()
        await page.locator('dialog[open]').waitFor()
        await look(page, `${view}-steps-${name}`)
      })
    }
    await page.context().close()
  })
}
