// SPDX-License-Identifier: Apache-2.0
// What a camera sees: QR codes as they stand on screen and on paper, read by a decoder that is not ours (zbarimg).
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { Server } from '../support/server.mjs'
import { launch, login, open, phone } from './browser.mjs'

const server = new Server(['--demo'])
const place = mkdtempSync(join(tmpdir(), 'sokuo-qr-'))
let browser

before(async () => {
  await server.start()
  browser = await launch()
})
after(async () => {
  await browser?.close()
  await server.stop()
  rmSync(place, { recursive: true })
})

// What the decoder reads out of a picture of the element.
async function decoded(element) {
  const path = join(place, 'qr.png')
  await element.evaluate((img) => img.decode())
  await element.screenshot({ path })
  const options = { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }
  return execFileSync('zbarimg', ['--quiet', '--raw', '-Sdisable', '-Sqrcode.enable', path], options).trimEnd()
}

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

// RFC 6238 as authenticator apps do it: SHA-1, 30 s, six digits.
function codeOf(secret, at = Date.now()) {
  const bits = [...secret].map((c) => BASE32.indexOf(c).toString(2).padStart(5, '0')).join('')
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => Number.parseInt(byte, 2)))
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(Math.floor(at / 30_000)))
  const mac = createHmac('sha1', key).update(counter).digest()
  return String((mac.readUInt32BE(mac.at(-1) & 15) & 0x7fffffff) % 1_000_000).padStart(6, '0')
}

for (const [view, options] of [
  ['a phone in daylight', { size: phone }],
  ['a desk at night', { dark: true }],
]) {
  test(`an authenticator app that scans the code from ${view} is the second factor from then on`, async () => {
    const name = options.dark ? 'csirt' : 'handler'
    const page = await open(browser, server, options)
    await login(page, server, name, server.demo_password)
    await page.goto(`${server.url}/account`)
    const card = page.locator('.card', { has: page.getByRole('heading', { name: /認証アプリ/ }) })
    await card.getByRole('button', { name: '登録を始める' }).click()
    await card.locator('input[autocomplete=current-password]').fill(server.demo_password)
    const answer = page.waitForResponse(/BeginTotp$/)
    await card.getByRole('button', { name: '登録を始める' }).click()
    const { uri, secret } = await (await answer).json()
    const read = await decoded(card.locator('img.qr'))
    assert.equal(read, uri)
    const scanned = new URL(read)
    assert.equal(`${scanned.protocol}//${scanned.host}${scanned.pathname}`, `otpauth://totp/Sokuo:${name}`)
    assert.equal(scanned.searchParams.get('issuer'), 'Sokuo')
    assert.equal(scanned.searchParams.get('secret'), secret, 'and what is typed by hand is the same')
    await card.locator('input[autocomplete=one-time-code]').fill(codeOf(scanned.searchParams.get('secret')))
    await card.locator('button[type=submit]').click()
    await card.locator('.codes').waitFor()
    await page.context().close()
  })
}

test('the code on a printed plan leads to the plan', async () => {
  const page = await open(browser, server, { scale: 3 })
  await login(page, server, 'siso', server.demo_password)
  await page.goto(`${server.url}/plans/PB-01/paper`)
  const img = page.locator('.paper-qr img').first()
  await img.waitFor()
  await page.emulateMedia({ media: 'print' })
  const to = await decoded(img)
  assert.ok(to.startsWith(`${server.url}/plans/`), to)
  await page.emulateMedia({ media: 'screen' })
  await page.goto(to)
  await page.getByRole('heading', { name: /PB-01/ }).first().waitFor()
  await page.context().close()
})
