// SPDX-License-Identifier: Apache-2.0
// One schedule: three devices that act, lose the network, are killed, and whose messages are lost, doubled and
// overtaken; then quiet. It ends by comparing what everybody believes. Virtual time; the same seed is the same schedule.
import { ModelServer, type Person } from '../../dev/model_server'
import * as merge from '../../src/base/merge'
import * as queue from '../../src/base/queue'
import type { StepJson } from '../../src/gen/sokuo/v1/step_pb'
import type { PushRequestJson, PushResponseJson } from '../../src/gen/sokuo/v1/sync_pb'

// The rules under test; a mutant replaces one.
export interface Rules {
  numbered: typeof queue.numbered
  batch: typeof queue.batch
  operationOf: typeof queue.operationOf
  settled: typeof queue.settled
  outOfStep: typeof queue.outOfStep
  renumbered: typeof queue.renumbered
  view: typeof merge.view
  // Writes the operation before it is sent first.
  persistFirst: boolean
  // What the server's list makes superfluous: what was answered before the list was asked for.
  purge: (items: queue.OutboxItem[], answeredBefore: ReadonlySet<string>) => queue.OutboxItem[]
}

export const RULES: Rules = {
  ...queue,
  view: merge.view,
  persistFirst: true,
  purge: (items, before) => items.filter((one) => one.state !== 'sent' || one.unread || !before.has(one.operationId)),
}

export class Broken extends Error {}

const EPOCH = Date.parse('2026-07-05T02:10:00+09:00')

interface Device {
  who: Person
  // What the browser keeps: it survives a kill.
  head?: queue.Head
  items: queue.OutboxItem[]
  list: StepJson[]
  listAt: number
  // What a kill destroys.
  page: string
  pageFrom: number
  online: boolean
  unsaved: queue.OutboxItem[]
}

type Message =
  | { to: 'server'; from: Device; page: string; sentAt: number; push?: PushRequestJson; sent: queue.OutboxItem[] }
  | { to: 'list'; from: Device; page: string; before: Set<string> }
  | { to: 'device'; at: Device; page: string; answer: PushResponseJson; sent: queue.OutboxItem[] }
  | { to: 'device-list'; at: Device; page: string; before: Set<string>; list: StepJson[]; listAt: number }

interface Act {
  operationId: string
  device: Device
  at: number
}

// A small generator of random numbers; a seed names a schedule.
export function random(seed: number): () => number {
  let a = seed >>> 0
  return () => {
    a = (a + 0x6d2b79f5) >>> 0
    let x = Math.imul(a ^ (a >>> 15), a | 1)
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61)
    return ((x ^ (x >>> 14)) >>> 0) / 4294967296
  }
}

const OPTIONS = [{ id: 'spreading' }, { id: 'contained' }]

function stepsOf(count: number): StepJson[] {
  return Array.from({ length: count }, (_, i) => ({
    id: `s${i}`,
    version: 1,
    runId: 'r',
    state: 'STEP_STATE_READY' as const,
    definition: { no: String(i + 1), decision: i === 0 ? { options: OPTIONS, defaultOption: 'spreading' } : undefined },
    mine: true,
  }))
}

export class Schedule {
  private pick: () => number
  private time = EPOCH
  private ids = 0
  private acts: Act[] = []
  private messages: Message[] = []
  private received = new Map<string, number>()
  readonly server: ModelServer
  readonly devices: Device[]

  constructor(
    readonly seed: number,
    readonly rules: Rules = RULES,
  ) {
    this.pick = random(seed)
    this.server = new ModelServer(stepsOf(3), () => this.time)
    this.devices = ['A', 'B', 'C'].map((name) => ({
      who: { id: name, name },
      items: [],
      list: this.server.list(),
      listAt: EPOCH,
      page: `${name}0`,
      pageFrom: EPOCH,
      online: true,
      unsaved: [],
    }))
  }

  private one<T>(of: readonly T[]): T {
    return of[Math.floor(this.pick() * of.length)]!
  }

  private id(what: string): string {
    return `${what}${++this.ids}`
  }

  private clock(device: Device): queue.Clock {
    return { now: this.time, page: device.page, ms: this.time - device.pageFrom }
  }

  // What a person may do, and what they must not: a skip without a reason is refused.
  private request(device: Device, operationId: string): [queue.Kind, Record<string, unknown>] {
    const stepId = this.pick() < 0.03 ? 'gone' : `s${Math.floor(this.pick() * 3)}`
    const r = { operationId, stepId, occurredAt: new Date(this.time).toISOString() }
    const roll = this.pick()
    if (stepId === 's0' && roll < 0.5) return ['decideStep', { ...r, option: this.one(OPTIONS).id, basis: 'x' }]
    if (roll < 0.1) return ['beginEvidence', { ...r, id: this.id('e'), name: 'a.jpg', size: 10 }]
    if (roll < 0.15) return ['updateStep', { ...r, act: 'STEP_ACT_SKIP' }]
    if (roll < 0.25) {
      const version = this.view(device).find((one) => one.id === stepId)?.version
      return ['updateStep', { ...r, act: 'STEP_ACT_UNDO', reason: 'x', version }]
    }
    if (roll < 0.3) return ['addEntry', { operationId, incidentId: 'i', text: 'x' }]
    const acts = ['START', 'DONE', 'DONE', 'SKIP', 'NOT_APPLICABLE', 'BLOCK', 'NOTE', 'TAKE']
    return ['updateStep', { ...r, act: `STEP_ACT_${this.one(acts)}`, reason: 'x', note: 'n' }]
  }

  private act(device: Device): void {
    const operationId = this.id('o')
    const [kind, request] = this.request(device, operationId)
    const head = this.rules.numbered(device.head, this.id('c'))
    const { page, ms } = this.clock(device)
    const item: queue.OutboxItem = {
      operationId,
      accountId: device.who.id,
      ...{ clientId: head.clientId, seq: head.lastSeq },
      kind,
      request,
      createdAt: new Date(this.time).toISOString(),
      clock: { page, ms },
      state: 'waiting',
    }
    // One transaction of the device: the number and the operation. Only then has the person done it.
    if (this.rules.persistFirst) {
      device.head = head
      device.items = [...device.items, item]
    } else {
      device.head = head
      device.unsaved.push(item)
    }
    this.acts.push({ operationId, device, at: this.time })
  }

  private all(device: Device): queue.OutboxItem[] {
    return [...device.items, ...device.unsaved]
  }

  private send(device: Device): void {
    const sent = this.rules.batch(this.all(device))
    if (sent.length === 0 || !device.online || !device.head) return
    const clock = this.clock(device)
    const operations = sent.map((item) => this.rules.operationOf(item, clock))
    const push = { clientId: sent[0]!.clientId, operations }
    this.messages.push({ to: 'server', from: device, page: device.page, sentAt: this.time, push, sent })
  }

  private ask(device: Device): void {
    if (!device.online) return
    const before = new Set(device.items.filter((one) => one.state === 'sent').map((one) => one.operationId))
    this.messages.push({ to: 'list', from: device, page: device.page, before })
  }

  private kill(device: Device): void {
    device.page = this.id('p')
    device.pageFrom = this.time
    device.unsaved = []
  }

  // A message arrives: at the server, or at the page that waits for it, if that still lives.
  private arrive(message: Message): void {
    if (message.to === 'server') this.atServer(message)
    else if (message.to === 'list')
      this.messages.push({
        to: 'device-list',
        at: message.from,
        page: message.page,
        before: message.before,
        list: this.server.list(),
        listAt: this.time,
      })
    else if (message.at.page !== message.page || !message.at.online) return
    else if (message.to === 'device') this.answer(message.at, message.answer, message.sent)
    else if (message.listAt >= message.at.listAt) {
      Object.assign(message.at, { list: message.list, listAt: message.listAt })
      message.at.items = this.rules.purge(message.at.items, message.before)
    }
  }

  private atServer(message: Message & { to: 'server' }): void {
    const roll = this.pick()
    // The server's memory of the numbering was put back from an older copy: its answers by operation id were not.
    if (roll < 0.01) this.server.expected.delete(message.push!.clientId!)
    const most = roll > 0.9 ? Math.floor(this.pick() * 3) : Infinity
    const before = this.server.journal.length
    const answer = this.server.push(message.push!, message.from.who, most)
    for (const done of this.server.journal.slice(before))
      this.received.set(done.operationId, this.time - message.sentAt)
    this.messages.push({ to: 'device', at: message.from, page: message.page, answer, sent: message.sent })
  }

  // One transaction of the device for all answers of a request.
  private answer(device: Device, answer: PushResponseJson, sent: queue.OutboxItem[]): void {
    const results = new Map((answer.results ?? []).map((one) => [one.operationId, one]))
    const settle = (item: queue.OutboxItem) => {
      const result = results.get(item.operationId)
      return result ? this.rules.settled(item, result) : item
    }
    device.items = device.items.map(settle)
    device.unsaved = device.unsaved.map(settle)
    if (this.rules.outOfStep(sent, answer) && device.head?.clientId === sent[0]!.clientId) {
      const { head, items } = this.rules.renumbered(device.items, this.id('c'))
      const fresh = new Map(items.map((one) => [one.operationId, one]))
      device.head = head
      device.items = device.items.map((one) => fresh.get(one.operationId) ?? one)
    }
  }

  private turn(): void {
    this.time += Math.floor(this.pick() * 60_000)
    const device = this.one(this.devices)
    const roll = this.pick()
    if (roll < 0.22) this.act(device)
    else if (roll < 0.42) this.send(device)
    else if (roll < 0.48) this.ask(device)
    else if (roll < 0.53) this.kill(device)
    else if (roll < 0.61) device.online = !device.online
    else this.carry()
  }

  // Any message, not the oldest: it arrives, arrives and stays to arrive again, or is lost.
  private carry(): void {
    if (this.messages.length === 0) return
    const i = Math.floor(this.pick() * this.messages.length)
    const message = this.messages[i]!
    const roll = this.pick()
    if (roll > 0.12) this.messages.splice(i, 1)
    if (roll < 0.8) this.arrive(message)
  }

  view(device: Device): merge.MyStep[] {
    return this.rules.view(device.list, queue.inOrder(this.all(device)), device.who)
  }

  // The network comes back for everybody and stays: everything is sent, answered, and asked for anew.
  private settle(): void {
    for (const device of this.devices) device.online = true
    for (let round = 0; round < 40; round++) {
      while (this.messages.length > 0) this.arrive(this.messages.shift()!)
      const waiting = this.devices.filter((one) => this.rules.batch(this.all(one)).length > 0)
      if (waiting.length === 0) break
      for (const device of waiting) this.send(device)
    }
    this.time += 1000
    for (const device of this.devices) this.ask(device)
    while (this.messages.length > 0) this.arrive(this.messages.shift()!)
  }

  run(turns = 40): void {
    for (let i = 0; i < turns; i++) this.turn()
    this.settle()
    this.check()
  }

  private fail(why: string): never {
    throw new Broken(`seed ${this.seed}: ${why}`)
  }

  private check(): void {
    const { journal } = this.server
    const place = new Map(journal.map((done, i) => [done.operationId, i]))
    if (place.size !== journal.length) this.fail('an operation was applied twice')
    if (new Set(journal.map((done) => `${done.clientId}/${done.seq}`)).size !== journal.length)
      this.fail('a number was given out twice')
    if (journal.length > this.acts.length) this.fail('the server knows what nobody did')
    const last = new Map<Device, number>()
    for (const { operationId, device, at } of this.acts) {
      const i = place.get(operationId)
      if (i === undefined) this.fail(`${operationId} was lost`)
      if (i < (last.get(device) ?? -1)) this.fail(`${operationId} overtook what the device did before`)
      last.set(device, i)
      this.checkTime(operationId, journal[i]!.occurredAt, at)
    }
    for (const device of this.devices) this.checkDevice(device)
  }

  // The time it happened, to the millisecond that an age has at least: only the way of the request may be missing.
  private checkTime(operationId: string, recorded: number, happened: number): void {
    if (Number.isNaN(recorded)) return
    const late = recorded - happened
    if (late < -1 || late > (this.received.get(operationId) ?? 0))
      this.fail(`${operationId} happened ${late} ms beside its time`)
  }

  private checkDevice(device: Device): void {
    for (const item of this.all(device)) {
      if (item.state === 'waiting') this.fail(`${item.operationId} waits for ever`)
      const done = this.server.journal.find((one) => one.operationId === item.operationId)!
      if (item.state === 'refused' && !done.result.refusal) this.fail(`${item.operationId} was not refused`)
    }
    for (const { operationId, result } of this.server.journal) {
      const act = this.acts.find((one) => one.operationId === operationId)!
      const outcome = (result.updateStep ?? result.decideStep)?.outcome ?? ''
      const surprising = result.refusal !== undefined || /CONFIRMED|DROPPED|DIFFERED/.test(outcome)
      if (act.device !== device || !surprising) continue
      const item = device.items.find((one) => one.operationId === operationId)
      if (!item?.unread) this.fail(`${operationId}: the person was not told`)
    }
    const believes = JSON.stringify(this.view(device))
    if (believes !== JSON.stringify(this.rules.view(this.server.list(), [], device.who)))
      this.fail(`${device.who.name} believes something else than the server`)
  }
}
