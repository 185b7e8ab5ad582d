// SPDX-License-Identifier: Apache-2.0
import { render } from 'preact'
import { useState } from 'preact/hooks'
import { act } from 'preact/test-utils'
import { expect, test } from 'vitest'
import { listText, wordsOf, YamlLines, YamlList } from '../src/playbook/editor_fields'
import { listAt, parsePlan, setAt, textAt } from '../src/playbook/yaml_edit'

const plan = `steps:
  - no: "01"
    decision:
      options:
        - {id: bad, text: {ja: 悪い}}
`
const path = ['steps', 0, 'decision', 'options', 0, 'adds']

// The field on a text of its own, typed into key by key.
function typing(source: string) {
  const host = document.createElement('div')
  let text = source
  function Field() {
    const [shown, setShown] = useState(source)
    text = shown
    const edit = { plan: parsePlan(shown), set: (at: never, value: never) => setShown(setAt(shown, at, value)) }
    return <YamlList edit={{ ...edit, fault: () => undefined } as never} path={path} label="adds" field="" />
  }
  act(() => render(<Field />, host))
  const input = host.querySelector('input')!
  return {
    input,
    list: () => listAt(parsePlan(text), path),
    type(value: string) {
      act(() => {
        input.value = value
        input.dispatchEvent(new Event('input', { bubbles: true }))
      })
    },
  }
}

test('a space stays in the field while the next word of a list is typed', () => {
  const field = typing(plan)
  const keys = 'PB-20 PB-21'
  for (let end = 1; end <= keys.length; end++) {
    field.type(keys.slice(0, end))
    expect(field.input.value).toBe(keys.slice(0, end))
  }
  expect(field.list()).toEqual(['PB-20', 'PB-21'])
})

test('a list that is emptied leaves the YAML as it was', () => {
  const field = typing(plan)
  field.type('PB-20 ')
  field.type(' ')
  expect([field.input.value, field.list()]).toEqual([' ', []])
})

test('words of a list are parted by spaces and commas of any width', () => {
  expect(wordsOf('PB-20、PB-21　ＰＢ-22, ')).toEqual(['PB-20', 'PB-21', 'PB-22'])
})

test('a list that was changed elsewhere is shown as it is', () => {
  expect(listText('09 ', ['09'])).toBe('09 ')
  expect(listText('09 ', ['09', '10'])).toBe('09 10')
})

test('lines of both languages stay beside each other, and a line that is begun stays', () => {
  const host = document.createElement('div')
  let text = 'triggers:\n  - {ja: 受電が切れた, en: Power is cut}  # first\nsteps: []\n'
  function Field() {
    const [shown, setShown] = useState(text)
    text = shown
    const edit = { plan: parsePlan(shown), set: (at: never, value: never) => setShown(setAt(shown, at, value)) }
    return <YamlLines edit={{ ...edit, fault: () => undefined } as never} path={['triggers']} label="x" field="x" />
  }
  act(() => render(<Field />, host))
  const [ja, en] = [...host.querySelectorAll('textarea')] as [HTMLTextAreaElement, HTMLTextAreaElement]
  const type = (area: HTMLTextAreaElement, value: string) =>
    act(() => {
      area.value = value
      area.dispatchEvent(new Event('input', { bubbles: true }))
    })
  type(ja, '受電が切れた\n')
  expect(ja.value).toBe('受電が切れた\n')
  type(ja, '受電が切れた\nUPSの警報')
  type(en, 'Power is cut\nUPS alarm')
  const plan = parsePlan(text)
  expect([0, 1].map((i) => [textAt(plan, ['triggers', i, 'ja']), textAt(plan, ['triggers', i, 'en'])])).toEqual([
    ['受電が切れた', 'Power is cut'],
    ['UPSの警報', 'UPS alarm'],
  ])
  type(en, '')
  type(ja, '')
  expect(text).toBe('triggers: []  # first\nsteps: []\n')
  type(en, 'Again')
  expect(textAt(parsePlan(text), ['triggers', 0, 'en'])).toBe('Again')
})
