// SPDX-License-Identifier: Apache-2.0
// Edits of a plan's YAML by place: a changed value replaces its own characters, nothing else. What a form does not touch
// keeps its comments, its order and its spacing, byte for byte.
import {
  type Document,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  stringify,
  type YAMLMap,
} from 'yaml'

export type Value = string | number | boolean | Value[] | { [key: string]: Value } | undefined
export type Path = readonly (string | number)[]

// Keys may be written in Japanese.
const ALIAS: Record<string, string> = {
  no: '番号',
  phase: '段階',
  target: '目標',
  role: '担当',
  after: '先行',
  text: '本文',
  detail: '方法',
  why: '理由',
  decision: '判断',
  notice: '通知',
  evidence: '証拠',
  ratify: '事後承認',
  each: '対象',
  merge: '統合',
  call: '電話',
  ja: '日本語',
  en: '英語',
  question: '問い',
  options: '選択肢',
  default: '既定',
  timeout: '時間切れ',
  severity: '重大度',
  adds: '追加',
  closes: '閉じる',
  to: '宛先',
  steps: '手順',
  title: '名称',
  summary: '概要',
  version: '版',
  code: '計画番号',
  triggers: '発動のきっかけ',
  closing: '終結基準',
  fragments: '断片',
  review_months: '見直し月数',
  incident_types: '事案種別',
  organs: '部局',
  zones: '区域',
}
// Where the Japanese word depends on the map it stands in.
const IN_SEVERITY: Record<string, string> = { from: '下限', to: '上限' }
const IN_NOTICE: Record<string, string> = { deadline: '期限' }

export interface Plan {
  doc: Document.Parsed
  lines: LineCounter
  // What keeps it from being read as YAML.
  broken: { line: number; message: string } | null
}

// Numbers such as 05 stay texts, `no` stays a key.
export function parsePlan(text: string): Plan {
  const lines = new LineCounter()
  const doc = parseDocument(text, { lineCounter: lines, schema: 'failsafe', prettyErrors: false })
  const error = doc.errors[0]
  const broken = error ? { line: lines.linePos(error.pos[0]).line, message: error.message } : null
  return { doc, lines, broken }
}

function pairOf(map: YAMLMap, key: string): Pair | undefined {
  const wanted = [key, ALIAS[key], IN_SEVERITY[key], IN_NOTICE[key]]
  return map.items.find((pair) => isScalar(pair.key) && wanted.includes(String(pair.key.value))) as Pair | undefined
}

// The node at a path; undefined when a part of it is missing.
export function nodeAt(root: unknown, path: Path): Node | undefined {
  let node = root
  for (const part of path) {
    if (isMap(node)) node = pairOf(node, String(part))?.value
    else if (isSeq(node)) node = node.items[Number(part)]
    else return undefined
  }
  return (node ?? undefined) as Node | undefined
}

// The value at a path as a text; '' when it is missing.
export function textAt(plan: Plan, path: Path): string {
  const node = nodeAt(plan.doc.contents, path)
  return isScalar(node) && node.value !== null ? String(node.value) : ''
}

export function listAt(plan: Plan, path: Path): string[] {
  const node = nodeAt(plan.doc.contents, path)
  return isSeq(node) ? node.items.map((item) => (isScalar(item) ? String(item.value) : '')) : []
}

export function countAt(plan: Plan, path: Path): number {
  const node = nodeAt(plan.doc.contents, path)
  return isSeq(node) ? node.items.length : 0
}

export const has = (plan: Plan, path: Path) => nodeAt(plan.doc.contents, path) !== undefined

const BARE = /^[A-Za-z_][\w.-]*$|^-?\d+[mhd]?$/
// What YAML 1.1 readers take for something else.
const MEANT_OTHERWISE = /^(true|false|yes|no|on|off|null|y|n)$/i

// A text as it stands in YAML: words and times bare when they stood so, everything else in quotes (JSON is YAML).
function scalar(value: string | number | boolean, bare: boolean): string {
  if (typeof value !== 'string') return String(value)
  return bare && BARE.test(value) && !MEANT_OTHERWISE.test(value) ? value : JSON.stringify(value)
}

const NUMBERED = ['no', 'after', 'closes', 'version']
const isBareKey = (path: Path) => !NUMBERED.includes(String(path.findLast((part) => typeof part === 'string')))

function flow(list: readonly Value[], bare: boolean): string {
  return `[${list.map((one) => scalar(one as string, bare)).join(', ')}]`
}

function splice(text: string, from: number, to: number, by: string): string {
  return text.slice(0, from) + by + text.slice(to)
}

function columnOf(text: string, at: number): number {
  return at - (text.lastIndexOf('\n', at - 1) + 1)
}

const isList = (value: Value): value is Value[] => Array.isArray(value)
const isFlat = (value: Value[]) => value.every((one) => typeof one !== 'object')

// A value as YAML that begins at a column: the first line without, the others with the indentation.
function block(value: Value, column: number, path: Path): string {
  if (isList(value) && isFlat(value)) return flow(value, isBareKey(path))
  if (typeof value !== 'object') return scalar(value as string, isBareKey(path))
  const text = stringify(value, {
    lineWidth: 0,
    defaultStringType: 'QUOTE_DOUBLE',
    defaultKeyType: 'PLAIN',
    flowCollectionPadding: false,
  })
  return text
    .trimEnd()
    .split('\n')
    .join(`\n${' '.repeat(column)}`)
}

// One line of a map: `key: value`, or the value beneath it.
function entry(key: string, value: Value, column: number, path: Path): string {
  const nested = typeof value === 'object' && !(isList(value) && isFlat(value))
  if (!nested) return `${key}: ${block(value, column, path)}`
  return `${key}:\n${' '.repeat(column + 2)}${block(value, column + 2, path)}`
}

function insertPair(text: string, map: YAMLMap, key: string, value: Value, path: Path): string {
  const last = map.items.at(-1) as Pair | undefined
  const first = map.items[0]?.key as Node | undefined
  if (map.flow || !last || !first?.range) {
    const json = (map.toJSON() as Record<string, Value>) ?? {}
    return splice(text, map.range![0], map.range![1], flowMap({ ...json, [key]: value }))
  }
  const node = (last.value ?? last.key) as Node
  const column = columnOf(text, first.range[0])
  // Behind a comment at the end of the line, not before it.
  const end = lineEnd(text, valueEnd(text, node))
  return splice(text, end, end, `\n${' '.repeat(column)}${entry(key, value, column, path)}`)
}

function flowMap(value: { [key: string]: Value }): string {
  const parts = Object.entries(value).map(([key, one]) => {
    if (isList(one)) return `${key}: ${flow(one, isBareKey([key]))}`
    return `${key}: ${typeof one === 'object' ? flowMap(one) : scalar(one as string, isBareKey([key]))}`
  })
  return `{${parts.join(', ')}}`
}

// Ends of block collections reach over the blank lines and comments behind them: back to the last character of the value.
function valueEnd(text: string, node: Node): number {
  if (isMap(node) || isSeq(node)) {
    if (node.flow) return node.range![1]
    const last = node.items.at(-1)
    const inner = (isMap(node) ? ((last as Pair)?.value ?? (last as Pair)?.key) : last) as Node | undefined
    return inner?.range ? valueEnd(text, inner) : node.range![1]
  }
  const end = node.range![1]
  // A block scalar ends behind its line break.
  return text[end - 1] === '\n' ? end - 1 : end
}

function lineEnd(text: string, at: number): number {
  const end = text.indexOf('\n', at)
  return end < 0 ? text.length : end
}

function removePair(text: string, map: YAMLMap, key: string): string {
  const pair = pairOf(map, key)
  if (!pair) return text
  if (map.flow || map.items.length === 1) {
    const json = map.toJSON() as Record<string, Value>
    delete json[String((pair.key as unknown as { value: string }).value)]
    return splice(text, map.range![0], valueEnd(text, map), flowMap(json))
  }
  const from = (pair.key as Node).range![0]
  const to = lineEnd(text, valueEnd(text, (pair.value ?? pair.key) as Node))
  // The first key of a step stands behind its dash: the next one moves up.
  if (map.items[0] === pair) return splice(text, from, (map.items[1]!.key as Node).range![0], '')
  return splice(text, text.lastIndexOf('\n', from), to, '')
}

function replaceNode(text: string, node: Node, value: Value, path: Path): string {
  const from = node.range![0]
  const end = valueEnd(text, node)
  const bare = isScalar(node) && node.type === 'PLAIN'
  if (typeof value !== 'object') return splice(text, from, end, scalar(value as string, bare && isBareKey(path)))
  if (isList(value) && isFlat(value)) return splice(text, from, end, flow(value, isBareKey(path)))
  const column = columnOf(text, from)
  return splice(text, from, end, isMap(node) && node.flow ? flowMap(value as never) : block(value, column, path))
}

// Writes a value at a path; undefined takes it away. Parts of the path that are missing are made.
export function setAt(text: string, path: Path, value: Value): string {
  const { doc } = parsePlan(text)
  const parent = path.slice(0, -1)
  const key = path.at(-1)!
  const node = nodeAt(doc.contents, path)
  const within = nodeAt(doc.contents, parent)
  if (value === undefined) return isMap(within) ? removePair(text, within, String(key)) : removeItem(text, path)
  if (isList(value) && isSeq(node) && !(node.flow && isFlat(value))) return replaceList(text, path, value)
  if (node?.range) return replaceNode(text, node, value, path)
  if (isMap(within)) return insertPair(text, within, String(key), value, path)
  if (isSeq(within)) return insertItem(text, parent, value)
  return parent.length === 0 ? text : setAt(text, parent, typeof key === 'number' ? [value] : { [key]: value })
}

// Adds an item behind the one at `after` (the last one when it is left out).
export function insertItem(text: string, path: Path, value: Value, after?: number): string {
  const list = nodeAt(parsePlan(text).doc.contents, path)
  if (!isSeq(list) || list.flow || list.items.length === 0) {
    const old = isSeq(list) ? (list.toJSON() as Value[]) : []
    return replaceList(text, path, [...old, value])
  }
  const before = list.items[after ?? list.items.length - 1] as Node
  const dash = text.lastIndexOf('-', before.range![0] - 1)
  const column = columnOf(text, dash)
  const end = lineEnd(text, valueEnd(text, before))
  return splice(text, end, end, `\n${' '.repeat(column)}- ${block(value, column + 2, path)}`)
}

function replaceList(text: string, path: Path, list: Value[]): string {
  const { doc } = parsePlan(text)
  const parent = nodeAt(doc.contents, path.slice(0, -1))
  const node = nodeAt(doc.contents, path)
  const flat = isFlat(list)
  if (flat && node && !(isSeq(node) && !node.flow)) return replaceNode(text, node, list, path)
  const pair = isMap(parent) && pairOf(parent, String(path.at(-1)))
  if (!pair || !node) return isMap(parent) ? insertPair(text, parent, String(path.at(-1)), list, path) : text
  const from = (pair.key as Node).range![1]
  const column = columnOf(text, (pair.key as Node).range![0]) + 2
  const line = flat ? ' ' : `\n${' '.repeat(column)}`
  return splice(text, from, valueEnd(text, node), `:${line}${block(list, column, path)}`)
}

// Takes an item of a list away; comments before and behind it stay.
export function removeItem(text: string, path: Path): string {
  const { doc } = parsePlan(text)
  const list = nodeAt(doc.contents, path.slice(0, -1))
  const item = nodeAt(doc.contents, path)
  if (!isSeq(list) || !item?.range) return text
  if (list.flow || list.items.length === 1) {
    const json = list.toJSON() as Value[]
    json.splice(Number(path.at(-1)), 1)
    return splice(text, list.range![0], valueEnd(text, list), json.length ? flow(json, isBareKey(path)) : '[]')
  }
  const dash = text.lastIndexOf('-', item.range[0] - 1)
  const from = text.lastIndexOf('\n', dash)
  return splice(text, Math.max(from, 0), lineEnd(text, valueEnd(text, item)), '')
}

// Changes places of two neighbours; what stands between them stays where it is.
export function swapItems(text: string, path: Path, first: number): string {
  const { doc } = parsePlan(text)
  const a = nodeAt(doc.contents, [...path, first])
  const b = nodeAt(doc.contents, [...path, first + 1])
  if (!a?.range || !b?.range) return text
  const [aFrom, aTo, bFrom, bTo] = [a.range[0], valueEnd(text, a), b.range[0], valueEnd(text, b)]
  return (
    text.slice(0, aFrom) + text.slice(bFrom, bTo) + text.slice(aTo, bFrom) + text.slice(aFrom, aTo) + text.slice(bTo)
  )
}

// Where a line lies: index of the step (-1 = head) and the field it belongs to.
export function locate(plan: Plan, line: number): { step: number; field: string } {
  const inside = (node: Node | undefined) =>
    node?.range && plan.lines.linePos(node.range[0]).line <= line && plan.lines.linePos(node.range[1]).line >= line
  const fieldIn = (map: unknown): string => {
    if (!isMap(map)) return ''
    let found = ''
    for (const pair of map.items) {
      const key = pair.key as Node & { value?: string }
      if (key.range && plan.lines.linePos(key.range[0]).line <= line) found = String(key.value)
    }
    return Object.entries(ALIAS).find(([, ja]) => ja === found)?.[0] ?? found
  }
  const steps = nodeAt(plan.doc.contents, ['steps'])
  const items = isSeq(steps) ? (steps.items as Node[]) : []
  // The last one that begins at or above the line: ranges reach over what follows.
  const step = items.findLastIndex((item) => inside(item) && plan.lines.linePos(item.range![0]).line <= line)
  return step >= 0 ? { step, field: fieldIn(items[step]) } : { step: -1, field: fieldIn(plan.doc.contents) }
}
