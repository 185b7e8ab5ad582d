// SPDX-License-Identifier: Apache-2.0
// Screens of plans: as written, under way, on paper; an exercise, so that its marks are seen, too.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { Server } from '../support/server.mjs'
import { launch, login, open, sound, views } from './browser.mjs'

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

const tokens = {}
const as = (name, method, message) =>
  server.call(method, { operationId: crypto.randomUUID(), ...message }, (tokens[name] ??= server.token(name)))
let exercise

// An earthquake as an exercise, with 45 of the sections through, and a draft that changes a plan.
async function plansUnderWay() {
  if (exercise) return exercise
  const { incident } = await as('staff', 'IncidentService/FileIncident', {
    title: '震度6弱の地震(図上訓練)。庁舎の被害は確認中で、電話がつながりにくい課がある',
    incidentType: 'INCIDENT_TYPE_EARTHQUAKE',
    mode: 'MODE_EXERCISE',
  })
  const { runs } = await as('csirt', 'PlaybookService/StartPlaybook', { incidentId: incident.id, codes: ['PB-11', 'PB-01'] })
  const run = runs.find((one) => one.code === 'PB-11')
  const get = async (no) => {
    const { steps } = await server.call('PlaybookService/GetRun', { id: run.id, placesOf: no }, tokens.csirt)
    return steps.find((one) => one.step.no === no)
  }
  const done = (place) =>
    as('csirt', 'StepService/UpdateStep', { stepId: place.id, act: 'STEP_ACT_DONE', paperLocation: '防災本部の棚', notice: { to: '県', text: '震度6弱', receiptNo: '12' } })
  for (const no of ['01', '02', '03', '04']) {
    const { step, places } = await get(no)
    if (step.decision) await as('csirt', 'StepService/DecideStep', { stepId: places[0].id, option: step.decision.defaultOption, basis: '震度' })
    else for (const place of places) await done(place)
  }
  for (const place of (await get('09')).places.slice(0, 45)) await done(place)
  const { source } = await server.call('PlaybookService/GetPlaybook', { id: 'PB-14' }, tokens.csirt)
  const changed = source.replace('target: 15m', 'target: 20m').replace('縮退を始めるか決める', '業務を縮めるか決める')
  const { revision } = await as('csirt', 'PlaybookService/ImportPlaybook', {
    source: Buffer.from(changed).toString('base64'),
    reason: '春の訓練の反省',
  })
  exercise = { run: run.id, incident: incident.id, draft: revision.id }
  return exercise
}

const press = (name) => (page) => page.getByRole('button', { name }).first().click()
const openStep = (no) => async (page) => {
  await page.locator(`.step-row[data-no="${no}"] .step-line`).click()
  await page.locator('.step-details').waitFor()
  await page.locator(`.step-row[data-no="${no}"]`).evaluate((row) => row.scrollIntoView())
}
const inDialog = (name) => async (page) => {
  await press(name)(page)
  await page.locator('dialog[open]').waitFor()
}
const both = (...acts) => async (page) => {
  for (const act of acts) await act(page)
}

// Name, address, and what is done there before it is looked at.
const planScreens = (at) => [
  ['plans', '/plans'],
  ['plans-import', '/plans', inDialog(/ファイルを取り込む|Import/)],
  ['plan', '/plans/PB-01'],
  ['plan-draft', `/plans/${at.draft}`],
  ['plan-difference', `/plans/${at.draft}`, press(/前の版との違い|What it changes/)],
  ['plan-history', `/plans/${at.draft}`, press(/履歴|History/)],
  ['plan-source', `/plans/${at.draft}`, press('YAML')],
  ['plan-submit', `/plans/${at.draft}`, inDialog(/審査に出す|Submit/)],
  ['editor', '/plans/PB-01/edit'],
  ['editor-head', '/plans/PB-01/edit', press(/頭書き|Head/)],
  ['editor-decision', '/plans/PB-01/edit', press(/^05/)],
  ['editor-fault', '/plans/PB-01/edit', both((page) => page.getByLabel(/^(目標|Target)$/).fill('soon'), (page) => page.waitForSelector('.editor-form .error'))],
  ['editor-yaml', '/plans/PB-01/edit', press(/YAML/)],
  ['editor-new', '/plans/new'],
  ['plan-paper', '/plans/PB-14/paper'],
  ['runs', '/runs'],
  ['runs-none', '/runs?incident=00000000-0000-7000-8000-000000000000'],
  ['run', `/runs/${at.run}`],
  ['run-sections', `/runs/${at.run}`, openStep('09')],
  ['run-record', `/runs/${at.run}`, both(openStep('05'), inDialog(/代わりに記録する|Record for somebody/))],
  ['run-add', `/runs/${at.run}`, inDialog(/手順を追加する|Add a step/)],
  ['run-keys', `/runs/${at.run}`, inDialog(/キー操作|Keys/)],
  ['run-entry', `/runs/${at.run}/entry`],
  ['run-paper', `/runs/${at.run}/paper`],
]

for (const [view, options] of views) {
  test(`every screen of plans is sound: ${view}`, async (t) => {
    const at = await plansUnderWay()
    const page = await open(browser, server, options)
    await login(page, server, 'csirt', server.demo_password)
    for (const [name, path, act] of planScreens(at)) {
      await t.test(name, async () => {
        await sound(page, server.url + path, `${view}-${name}`, act)
      })
    }
    await page.context().close()
  })
}

test('on paper every page names copy, holder and mode, and the head leads back to the screen', async () => {
  const at = await plansUnderWay()
  const page = await open(browser, server)
  await login(page, server, 'csirt', server.demo_password)
  await page.goto(`${server.url}/runs/${at.run}/paper`)
  await page.getByLabel('印刷する範囲').selectOption('EACH')
  await page.waitForFunction(() => !document.querySelector('.paper-tools [aria-busy]'))
  const holders = await page.locator('.paper-copy .holder').allTextContents()
  assert.ok(holders.length > 5, holders.join())
  const rules = await page.evaluate(() =>
    document.adoptedStyleSheets.flatMap((sheet) => [...sheet.cssRules].map((rule) => rule.cssText)).filter((text) => text.startsWith('@page')),
  )
  for (const [i, holder] of holders.entries()) {
    const rule = rules.find((text) => text.startsWith(`@page copy${i + 1} `))
    assert.ok(rule?.includes(`控え ${i + 1}/${holders.length}`) && rule.includes(holder) && rule.includes('【訓練】'), rule)
  }
  const used = await page.locator('.paper-copy').evaluateAll((all) => all.map((one) => getComputedStyle(one).page))
  assert.deepEqual(used, holders.map((_, i) => `copy${i + 1}`))
  await page.waitForFunction(() => [...document.querySelectorAll('.paper-qr img')].every((one) => one.naturalWidth > 0))
  const pdf = await page.pdf({ preferCSSPageSize: true })
  if (process.env.SOKUO_PICTURES) writeFileSync(join(process.env.SOKUO_PICTURES, 'run-paper.pdf'), pdf)
  const pages = pdf.toString('latin1').match(/\/Type \/Page\b/g)?.length ?? 0
  assert.ok(pages >= holders.length, `${pages} pages for ${holders.length} copies`)
  await page.context().close()
})
