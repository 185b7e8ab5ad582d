// SPDX-License-Identifier: Apache-2.0
// Fields of the editor: each reads its place in the YAML and writes it there, and says the faults of that place.
import { useState } from 'preact/hooks'
import { phaseName, roleName } from '../base/labels'
import type { PlaybookFaultJson } from '../gen/sokuo/v1/playbook_pb'
import { Select, TextField } from '../ui/field'
import { e } from './edit_texts'
import { say } from './words'
import { countAt, listAt, type Path, type Plan, textAt, type Value } from './yaml_edit'

export interface Edit {
  plan: Plan
  set(path: Path, value: Value): void
  // What is wrong with a field of the step that is shown, or of the head.
  fault(field: string): string | undefined
}

// The first fault: the others follow from it, and all of them stand at the head of the page.
export function faultText(faults: readonly PlaybookFaultJson[]): string | undefined {
  return say(faults[0]?.message) || undefined
}

interface TextProps {
  edit: Edit
  path: Path
  label: string
  hint?: string
  rows?: number
  field?: string
  maxLength?: number
}

// Empty takes the field away.
export function YamlText({ edit, path, label, hint, rows, field, maxLength = 1000 }: TextProps) {
  return (
    <TextField
      label={label}
      hint={hint}
      rows={rows}
      maxLength={maxLength}
      value={textAt(edit.plan, path)}
      error={field ? edit.fault(field) : undefined}
      onInput={(text) => edit.set(path, text === '' && !field ? undefined : text)}
    />
  )
}

// A text in both languages, side by side.
export function YamlWords(props: Omit<TextProps, 'field'> & { field: string; needed?: boolean }) {
  const { edit, path, label, rows, needed } = props
  const one = (lang: 'ja' | 'en', name: string) => (
    <TextField
      label={`${label} · ${name}`}
      required={needed && lang === 'ja'}
      rows={rows}
      maxLength={1000}
      value={textAt(edit.plan, [...path, lang])}
      error={lang === 'ja' ? edit.fault(props.field) : undefined}
      onInput={(text) => {
        const other = textAt(edit.plan, [...path, lang === 'ja' ? 'en' : 'ja'])
        if (text === '' && other === '' && !needed) edit.set(path, undefined)
        else edit.set([...path, lang], text)
      }}
    />
  )
  return (
    <div class="paired words-field">
      {one('ja', e.japanese)}
      {one('en', e.english)}
    </div>
  )
}

interface WordProps {
  edit: Edit
  path: Path
  label: string
  hint?: string
  field: string
  words: readonly string[]
  name: (word: string) => string
  // May be left out.
  optional?: boolean
}

// One of the words that the profile knows.
export function YamlWord({ edit, path, label, hint, field, words, name, optional }: WordProps) {
  const value = textAt(edit.plan, path)
  const known = value === '' || words.includes(value)
  return (
    <Select
      label={label}
      hint={hint}
      value={value}
      error={edit.fault(field)}
      options={[...(optional || value === '' ? [''] : []), ...words, ...(known ? [] : [value])]}
      name={(word) => (word === '' ? e.none : words.includes(word) ? name(word) : word)}
      onChange={(word) => edit.set(path, word === '' ? undefined : word)}
    />
  )
}

// Words as they are typed: spaces and commas of any width between them.
export function wordsOf(text: string): string[] {
  return text
    .normalize('NFKC')
    .split(/[\s,、]+/)
    .filter(Boolean)
}

// What the field shows: what was typed as long as it means the list, with the space that waits for its word.
export function listText(typed: string, list: readonly string[]): string {
  const words = wordsOf(typed)
  const same = words.length === list.length && words.every((word, i) => word === list[i])
  return same ? typed : list.join(' ')
}

// A list of short words, written with spaces between.
export function YamlList(props: { edit: Edit; path: Path; label: string; hint?: string; field: string }) {
  const { edit, path } = props
  const [typed, setTyped] = useState('')
  return (
    <TextField
      key={path.join('/')}
      label={props.label}
      hint={props.hint}
      error={edit.fault(props.field)}
      value={listText(typed, listAt(edit.plan, path))}
      onInput={(text) => {
        setTyped(text)
        const words = wordsOf(text)
        edit.set(path, words.length === 0 ? undefined : words)
      }}
    />
  )
}

// Lines of one language: what was typed as long as it means them, with the line that is just begun.
export function linesText(typed: string, lines: readonly string[]): string {
  return typed.replace(/\n+$/, '') === lines.join('\n') ? typed : lines.join('\n')
}

// A list of texts in both languages, a line each; the first line of one language belongs to the first of the other.
export function YamlLines(props: { edit: Edit; path: Path; label: string; field: string }) {
  const { edit, path } = props
  const [typed, setTyped] = useState({ ja: '', en: '' })
  const count = countAt(edit.plan, path)
  const all = (lang: 'ja' | 'en') => Array.from({ length: count }, (_, i) => textAt(edit.plan, [...path, i, lang]))
  // Behind the last line of a language there may be more of the other.
  const lines = (lang: 'ja' | 'en') => all(lang).join('\n').replace(/\n+$/, '').split('\n')
  const type = (lang: 'ja' | 'en', text: string) => {
    setTyped({ ...typed, [lang]: text })
    const mine = text.replace(/\n+$/, '').split('\n')
    const other = lines(lang === 'ja' ? 'en' : 'ja')
    const [ja, en] = lang === 'ja' ? [mine, other] : [other, mine]
    const longest = Math.max(ja.length, en.length)
    const list = Array.from({ length: longest }, (_, i) => ({ ja: ja[i] ?? '', en: en[i] ?? '' }))
    edit.set(path, longest === 1 && !list[0]?.ja && !list[0]?.en ? [] : list)
  }
  const one = (lang: 'ja' | 'en', name: string) => (
    <TextField
      label={`${props.label} · ${name}`}
      rows={3}
      maxLength={4000}
      value={linesText(typed[lang], lines(lang))}
      error={lang === 'ja' ? edit.fault(props.field) : undefined}
      onInput={(text) => type(lang, text)}
    />
  )
  return (
    <div class="paired words-field">
      {one('ja', e.japanese)}
      {one('en', e.english)}
    </div>
  )
}

const lower = (word: string, prefix: string) => word.slice(prefix.length).toLowerCase()
export const ROLES = roleName.keys.map((role) => lower(role, 'ROLE_'))
export const roleWord = (word: string) => roleName(`ROLE_${word.toUpperCase()}` as never)
export const PHASES = phaseName.keys.map((phase) => lower(phase, 'PHASE_'))
export const phaseWord = (word: string) => phaseName(`PHASE_${word.toUpperCase()}` as never)
