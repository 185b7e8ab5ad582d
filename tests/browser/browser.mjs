// SPDX-License-Identifier: Apache-2.0
// What browser tests share: Chromium, a login, axe, pictures.
import assert from 'node:assert/strict'
import { mkdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { launchChromium, root } from '../support/server.mjs'

const require = createRequire(join(root, 'server', 'web', 'package.json'))
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8')
const pictures = process.env.SOKUO_PICTURES

export const phone = { width: 390, height: 844 }
export const small = { width: 320, height: 640 }
export const desk = { width: 1366, height: 768 }

// Phone and desk, both languages and themes: how every screen is looked at. `lay`: only how it is laid out; what axe sees, it
// sees in the other two, where each size, language and theme occurs. The fourth only for pictures.
export const views = [
  ['phone', { size: phone }],
  ['phone-dark-en', { size: phone, dark: true, locale: 'en-GB', lay: true }],
  ['desk-dark-en', { size: desk, dark: true, locale: 'en-GB' }],
  ...(pictures ? [['desk', { size: desk, lay: true }]] : []),
]

// Views that only pictures are taken of: what they combine occurs in the others.
export const pictured = (...more) => (pictures ? more : [])

export function launch(...args) {
  return launchChromium(require('playwright-core'), { args })
}

// A page of a fresh browser profile; what it says on its console as an error is collected in page.faults.
export async function open(browser, server, options = {}) {
  const context = await browser.newContext({
    viewport: options.size ?? desk,
    hasTouch: options.size === phone || options.size === small,
    isMobile: options.size === phone || options.size === small,
    locale: options.locale ?? 'ja-JP',
    colorScheme: options.dark ? 'dark' : 'light',
    deviceScaleFactor: options.scale,
    serviceWorkers: options.worker === false ? 'block' : 'allow',
  })
  const page = await context.newPage()
  page.lay = options.lay
  page.faults = []
  page.on('pageerror', (error) => page.faults.push(String(error)))
  page.on('console', (message) => {
    const text = message.text()
    // The browser itself reports every refused call, and looks for a new service worker whether there is a network or not;
    // the page shows the first to the person.
    if (message.type() === 'error' && !/Failed to load resource|error occurred when fetching the script/.test(text)) page.faults.push(text)
  })
  await page.goto(server.url)
  return page
}

export async function login(page, server, name = server.login, password = server.password) {
  await page.fill('input[autocomplete=username]', name)
  await page.fill('input[autocomplete=current-password]', password)
  await page.keyboard.press('Enter')
  await page.waitForSelector('main:not(.login)')
}

// Breaches of WCAG 2.2 AA that axe finds, as short lines.
export async function breaches(page) {
  await page.evaluate(axe)
  // What sticks to an edge covers what scrolls beneath it; a target that can be scrolled free is no fault.
  await page.evaluate(() => {
    for (const one of document.querySelectorAll('main, main *')) {
      if (getComputedStyle(one).position === 'sticky') one.style.position = 'static'
    }
  })
  // No preloading: without a network axe makes inline styles of what it cannot fetch, which the policy of contents refuses.
  const result = await page.evaluate(() =>
    window.axe.run(document, { preload: false, runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'] }),
  )
  return result.violations.flatMap((v) => v.nodes.map((n) => `${v.id}: ${n.target.join(' ')} — ${n.failureSummary?.split('\n')[1] ?? ''}`))
}

// Texts that are cut off, and whether the page scrolls sideways.
export function overflows(page) {
  return page.evaluate(() => {
    const wide = document.documentElement.scrollWidth > document.documentElement.clientWidth + 1
    return wide ? [`the page is ${document.documentElement.scrollWidth}px wide`] : []
  })
}

export async function picture(page, name) {
  if (!pictures) return
  mkdirSync(pictures, { recursive: true })
  await page.screenshot({ path: join(pictures, `${name}.png`) })
}

// No breach of WCAG 2.2 AA that axe can see, nothing wider than the screen, no error on the console.
export async function look(page, name) {
  await picture(page, name)
  assert.deepEqual(await overflows(page), [])
  if (!page.lay) assert.deepEqual(await breaches(page), [])
  assert.deepEqual(page.faults.splice(0), [])
}

// The screen at an address, once it has loaded; act is done there first.
export async function sound(page, url, name, act) {
  await page.goto(url)
  await page.waitForSelector('main :is(h1, h2, .empty)')
  await page.waitForFunction(() => !document.querySelector('main .loading'))
  await act?.(page)
  await look(page, name)
}

// Presses and holds a button that wants to be held.
export async function hold(page, button) {
  await button.scrollIntoViewIfNeeded()
  const box = await button.boundingBox()
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2)
  await page.mouse.down()
  await page.waitForTimeout(1300)
  await page.mouse.up()
}
