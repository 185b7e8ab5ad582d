// SPDX-License-Identifier: Apache-2.0
// Row 10: how long a slow phone takes until a step can be finished, in ms from the navigation on: prints JSON
// {first, again, offline}, each a list of runs. SOKUO_TRACE=1 prints what was fetched when.
import { launch, login, open, phone } from '../browser/browser.mjs'
import { startPlan, stepOf } from '../browser/plan.mjs'
import { Server } from '../support/server.mjs'

const RUNS = Number(process.argv[2] ?? 3)
// 400 ms there and back, 400 kbit/s, a processor at a quarter.
const SLOW = { offline: false, latency: 400, downloadThroughput: 50_000, uploadThroughput: 50_000 }
const NONE = { ...SLOW, offline: true }

// In the page: when the button that finishes the step has been painted.
function watch() {
  globalThis.usable = new Promise((resolve) => {
    const observer = new MutationObserver(() => {
      if (!document.querySelector('.thumb .primary:not(:disabled)')) return
      observer.disconnect()
      requestAnimationFrame(() => setTimeout(() => resolve(performance.now())))
    })
    observer.observe(document, { childList: true, subtree: true })
  })
}

function waterfall() {
  const [page] = performance.getEntriesByType('navigation')
  const row = (e) => `${e.name.split('/').pop()} ${Math.round(e.startTime)}-${Math.round(e.responseEnd)}`
  return [`page 0-${Math.round(page.responseEnd)}`, ...performance.getEntriesByType('resource').map(row)]
}

async function visit(context, url, network) {
  const page = await context.newPage()
  const cdp = await context.newCDPSession(page)
  await cdp.send('Network.enable')
  await cdp.send('Network.emulateNetworkConditions', network)
  await cdp.send('Emulation.setCPUThrottlingRate', { rate: 4 })
  await page.goto(url, { waitUntil: 'commit' })
  const ms = await page.evaluate(() => globalThis.usable)
  if (process.env.SOKUO_TRACE) console.error(Math.round(ms), (await page.evaluate(waterfall)).join(', '))
  return { page, ms: Math.round(ms) }
}

async function measure(browser, server, cookies, url) {
  const context = await browser.newContext({ viewport: phone, isMobile: true, hasTouch: true, locale: 'ja-JP' })
  await context.addInitScript(watch)
  await context.addCookies(cookies)
  const first = await visit(context, url, SLOW)
  await first.page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined))
  await first.page.close()
  const again = await visit(context, url, SLOW)
  await again.page.close()
  await context.setOffline(true)
  const none = await visit(context, url, NONE)
  await context.close()
  return { first: first.ms, again: again.ms, offline: none.ms }
}

const server = await new Server(['--demo']).start()
const browser = await launch()
try {
  const { incident } = await startPlan(server)
  const step = await stepOf(server, 'siso', incident.id, '21')
  const page = await open(browser, server)
  await login(page, server, 'siso', server.demo_password)
  const cookies = await page.context().cookies()
  await page.context().close()
  const runs = []
  for (let i = 0; i < RUNS; i++) runs.push(await measure(browser, server, cookies, `${server.url}/steps/${step.id}`))
  const list = (name) => runs.map((run) => run[name])
  console.log(JSON.stringify({ first: list('first'), again: list('again'), offline: list('offline') }))
} finally {
  await browser.close()
  await server.stop()
}
