// SPDX-License-Identifier: Apache-2.0
// Plans under way at the desk: a report is triaged, the plans that fit are proposed and started, the board says how many of
// how many and who has not begun; a decision is taken and approved afterwards, a step is added, paper is typed in.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Server } from '../support/server.mjs'
import { desk, launch, login, open, picture } from './browser.mjs'

const server = new Server(['--demo'])
const tokens = {}
let browser

before(async () => {
  await server.start()
  browser = await launch()
})
after(async () => {
  await browser?.close()
  await server.stop()
})

const as = (name, method, message) => server.call(method, message, (tokens[name] ??= server.token(name)))
const operationId = () => crypto.randomUUID()
const runs = async (incidentId) => (await as('csirt', 'PlaybookService/ListRuns', { incidentId })).runs ?? []
const runOf = async (incidentId, code) => (await runs(incidentId)).find((run) => (run.code ?? '') === code)

async function places(run, no) {
  const { steps } = await as('csirt', 'PlaybookService/GetRun', { id: run.id, placesOf: no })
  return steps.find((one) => one.step.no === no).places
}

async function enter(name) {
  const page = await open(browser, server, { size: desk })
  await login(page, server, name, server.demo_password)
  return page
}

// A row of the board, opened.
async function openStep(page, no) {
  const row = page.locator(`.step-row[data-no="${no}"]`)
  await row.locator('.step-line').click()
  await row.locator('.step-details').waitFor()
  return row
}

test('from triage to the board, by decision, approval, an added step and paper', async (t) => {
  const page = await enter('csirt')
  const title = '委託先のサーバーが暗号化され、印刷データが戻らない'
  let incident, contractor

  await t.test('triage proposes the plans that fit, with the reason', async () => {
    const { me } = await as('ism', 'AuthService/GetMe', {})
    ;({ incident } = await as('staff', 'IncidentService/FileIncident', {
      operationId: operationId(),
      title,
      incidentType: 'INCIDENT_TYPE_OUTSOURCING_FAILURE',
      facts: { sectionIds: [me.section.id] },
    }))
    await page.goto(`${server.url}/desk`)
    await page.locator('.queue-row', { hasText: title }).locator('button').click()
    await page.locator('.fits li', { hasText: 'PB-09' }).getByText('種別が合う').waitFor()
    await picture(page, 'runs-1-fits')
  })

  await t.test('two plans are started with one press that is held', async () => {
    await page.locator('.fits').getByRole('button', { name: '計画を発動する…' }).click()
    const dialog = page.locator('dialog[open]')
    assert.ok(await dialog.getByRole('checkbox', { name: /PB-09/ }).isChecked(), 'what fits is marked')
    await dialog.locator('summary', { hasText: 'ほかの計画' }).click()
    const malware = dialog.getByRole('checkbox', { name: /PB-01/ })
    if (!(await malware.isChecked())) await malware.check()
    for (const one of await dialog.getByRole('checkbox', { checked: true }).all()) {
      const name = await one.evaluate((box) => box.closest('label').textContent)
      if (!/PB-0[19]/.test(name)) await one.uncheck()
    }
    await dialog.getByLabel('発動の根拠').fill('委託先の電話。統括の判断')
    await picture(page, 'runs-2-start')
    await dialog.getByRole('button', { name: '2本を発動する' }).click({ delay: 1200 })
    await page.getByText('2本を発動しました').waitFor()
    await picture(page, 'runs-3-started')
    contractor = await runOf(incident.id, 'PB-09')
    assert.ok(contractor && (await runOf(incident.id, 'PB-01')))
  })

  await t.test('what was done on paper is typed in by number, with the times written there', async () => {
    await page.goto(`${server.url}/incident/${incident.number}`)
    await page.locator('.run-card', { hasText: 'PB-09' }).locator('.run-name').click()
    await page.getByRole('link', { name: '紙の記録を入力する' }).click()
    await page.getByRole('heading', { name: '紙の記録を入力する' }).waitFor()
    const type = async (...fields) => {
      for (const field of fields) {
        await page.keyboard.type(field)
        await page.keyboard.press('Enter')
      }
    }
    await page.getByLabel('番号').focus()
    await type('1', '1', '0:01', '田中 一郎', '印刷室の受付簿')
    await picture(page, 'runs-4-entry')
    await page.keyboard.press('Enter')
    await page.locator('.list li', { hasText: '田中 一郎' }).waitFor()
    await page.getByLabel('番号').focus()
    await type('０２', '', '0005', '田中 一郎')
    await page.keyboard.press('Enter')
    await page.locator('.list li', { hasText: '02' }).waitFor()
    await picture(page, 'runs-5-entered')
  })
  await t.test('the board says how many of how many, and names who has not begun', async () => {
    const all = await places(contractor, '06')
    for (const place of all.slice(0, 45)) {
      const done = { operationId: operationId(), stepId: place.id, act: 'STEP_ACT_DONE' }
      await as('csirt', 'StepService/UpdateStep', done)
    }
    await page.goto(`${server.url}/runs/${contractor.id}`)
    const row = page.locator('.step-row[data-no="06"]')
    await row.getByText(`45/${all.length}課`).waitFor()
    await picture(page, 'runs-6-board')
    await openStep(page, '06')
    await row.getByText(`まだの ${all.length - 45}か所`).waitFor()
    const named = await row.locator('.place .place-name').first().textContent()
    assert.ok(all.slice(45).some((place) => named.includes(place.place.name)), named)
    await picture(page, 'runs-7-laggards')
  })

  await t.test('one section more moves the number while the board is looked at', async () => {
    const [next] = (await places(contractor, '06')).filter((place) => place.state === 'STEP_STATE_READY')
    await as('csirt', 'StepService/UpdateStep', { operationId: operationId(), stepId: next.id, act: 'STEP_ACT_DONE' })
    await page.locator('.step-row[data-no="06"]').getByText(/46\/\d+課/).waitFor()
  })

  await t.test('a decision is taken with its ground', async () => {
    const malware = await runOf(incident.id, 'PB-01')
    for (const no of ['01', '02', '03', '04']) {
      const [place] = await places(malware, no)
      const done = { operationId: operationId(), stepId: place.id, act: 'STEP_ACT_DONE', paperLocation: '受付簿' }
      await as('csirt', 'StepService/UpdateStep', done)
    }
    await page.goto(`${server.url}/runs/${malware.id}`)
    const row = await openStep(page, '05')
    await picture(page, 'runs-8-decision')
    await row.getByRole('button', { name: '決定する' }).click()
    const dialog = page.locator('dialog[open]')
    await dialog.getByRole('radio').first().check()
    await dialog.getByLabel('根拠').fill('2課で同じ症状。広がっている')
    await picture(page, 'runs-9-decide')
    await dialog.getByRole('button', { name: /決定する/ }).click({ delay: 1200 })
    await row.getByText('2課で同じ症状。広がっている').waitFor()
  })

  await t.test('what was done first is approved afterwards by the head', async () => {
    const malware = await runOf(incident.id, 'PB-01')
    const [place] = await places(malware, '06')
    await as('siso', 'StepService/DecideStep', {
      operationId: operationId(),
      stepId: place.id,
      option: (await as('siso', 'PlaybookService/GetRun', { id: malware.id })).steps.find((s) => s.step.no === '06').step
        .decision.defaultOption,
      basis: 'CISOに連絡がつかない。まず切り離す',
    })
    const head = await enter('ciso')
    await head.goto(`${server.url}/runs/${malware.id}`)
    await head.getByRole('button', { name: '事後承認待ち', exact: true }).click()
    const row = await openStep(head, '06')
    await picture(head, 'runs-10-waits')
    await row.getByRole('button', { name: '事後承認', exact: true }).click()
    await picture(head, 'runs-11-ratify')
    await head.locator('dialog[open]').getByRole('button', { name: '承認する' }).click()
    await head.getByText('当てはまる手順はありません').waitFor()
    assert.equal((await places(malware, '06'))[0].ratified, true)
    assert.deepEqual(head.faults, [])
    await head.context().close()
  })

  await t.test('a step that is in no plan is added for a duty', async () => {
    await page.getByRole('button', { name: '手順を追加する' }).click()
    const dialog = page.locator('dialog[open]')
    await dialog.getByLabel('すること').fill('窓口に手書きの申込書を置く')
    await dialog.getByLabel('担当', { exact: true }).selectOption('ROLE_FACILITY')
    await picture(page, 'runs-12-add')
    await dialog.getByRole('button', { name: '手順を追加する' }).click()
    await page.getByText('1件を追加しました').waitFor()
    await page.goto(`${server.url}/runs?incident=${incident.id}`)
    await page.locator('.run-row', { hasText: '追加した手順' }).waitFor()
    await picture(page, 'runs-13-list')
    await page.locator('.run-row', { hasText: '追加した手順' }).locator('a').click()
    await page.locator('.step-row', { hasText: '窓口に手書きの申込書を置く' }).waitFor()
    await picture(page, 'runs-14-added')
  })

  await t.test('the record has it all: paper with its own time and name, decision, approval', async () => {
    const [first] = await places(contractor, '01')
    assert.equal(first.state, 'STEP_STATE_DONE')
    assert.equal(first.personName, '田中 一郎')
    assert.equal((await places(contractor, '02'))[0].personName, '田中 一郎', 'typed over what stood there')
    assert.equal(new Date(Date.parse(first.doneAt) + 9 * 3600_000).toISOString().slice(11, 16), '00:01')
    const { entries } = await as('csirt', 'IncidentService/GetIncident', { id: incident.number, entryCount: 200 })
    const kinds = new Set(entries.map((entry) => entry.changeKind))
    for (const kind of ['run.started', 'step.done', 'step.decided', 'step.ratified', 'step.added']) {
      assert.ok(kinds.has(kind), `${kind} in ${[...kinds]}`)
    }
    await page.goto(`${server.url}/incident/${incident.number}`)
    await page.locator('.run-card').nth(2).waitFor()
    await picture(page, 'runs-15-incident')
    assert.deepEqual(page.faults, [])
  })
})
