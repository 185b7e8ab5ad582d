// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest'
import { cellOf, comingOf, ownRole, rolesOf } from '../src/duty/authority_words'
import { isOld, minutesTyped } from '../src/duty/readiness_words'
import {
  formOf,
  isOn,
  lacks,
  minuteOf,
  nextShift,
  type RotaForm,
  shiftsOf,
  shiftTime,
  standing,
  turns,
} from '../src/duty/rota_words'
import type { AuthorityJson, DutyJson, RotaJson } from '../src/gen/sokuo/v1/duty_pb'

test('a test of reach long ago, or none, is no good news', () => {
  const now = new Date('2026-11-23T00:00:00Z')
  expect(isOld('2026-08-26T00:00:00Z', now)).toBe(false)
  expect(isOld('2026-08-24T00:00:00Z', now)).toBe(true)
  expect(isOld(undefined, now)).toBe(true)
})

test('silence is waited for from 1 to 120 minutes, in whole ones', () => {
  expect(['15', '１５', '120', '121', '0', '1.5', '', 'x'].map(minutesTyped)).toEqual([15, 15, 120, 0, 0, 0, 0, 0])
})

const person = (name: string) => ({ id: name, name })
const form: RotaForm = {
  version: 1,
  name: '窓口の当番',
  members: [person('a'), person('b'), person('c')],
  startsOn: '2026-11-02',
  handOver: '09:00',
  periodDays: 7,
}

test('a shift is told with its weekday in Japan', () => {
  expect(shiftTime('2026-11-23T00:00:00Z')).toBe('11-23(月) 09:00')
  expect(shiftTime('2026-11-22T15:30:00Z')).toBe('11-23(月) 00:30')
})

test('the time of the hand-over is minutes after midnight', () => {
  expect([minuteOf('09:00'), minuteOf('00:00'), minuteOf('23:59'), minuteOf(''), minuteOf('25:00')]).toEqual([
    540, 0, 1439, 0, 0,
  ])
})

test('turns are counted from the first day, over and over', () => {
  const now = new Date('2026-11-23T01:00:00Z')
  const list = turns(form, now, 3)
  expect(list.map((turn) => turn.person.name)).toEqual(['a', 'b', 'c'])
  expect(shiftTime(list[0]!.from)).toBe('11-23(月) 09:00')
  expect(turns(form, new Date('2026-11-22T23:59:00Z'), 1)[0]!.person.name).toBe('c')
})

test('before the first day nobody is on, and the first turn is the first that is shown', () => {
  const [first] = turns({ ...form, startsOn: '2026-12-07' }, new Date('2026-11-23T01:00:00Z'), 1)
  expect([first?.person.name, shiftTime(first!.from)]).toEqual(['a', '12-07(月) 09:00'])
})

test('nothing sensible has no turns, and says what it lacks', () => {
  const now = new Date('2026-11-23T01:00:00Z')
  for (const part of [{ members: [] }, { startsOn: '' }, { handOver: '' }, { periodDays: 0 }])
    expect(turns({ ...form, ...part }, now, 3)).toEqual([])
  expect(lacks({ ...form, name: ' ', members: [], startsOn: '', periodDays: 40 })).toEqual([
    'name',
    'members',
    'startsOn',
    'periodDays',
  ])
  expect(lacks(form)).toEqual([])
})

test('a rota that is changed begins with what it is; a new one today at nine, weekly', () => {
  const rota: RotaJson = {
    name: '宿直',
    startsAt: '2026-11-01T15:30:00Z',
    periodDays: 1,
    version: 4,
    members: form.members,
  }
  expect(formOf(rota, new Date())).toEqual({
    version: 4,
    name: '宿直',
    members: form.members,
    startsOn: '2026-11-02',
    handOver: '00:30',
    periodDays: 1,
  })
  expect(formOf(null, new Date('2026-11-23T15:30:00Z'))).toMatchObject({
    startsOn: '2026-11-24',
    handOver: '09:00',
    periodDays: 7,
    version: 0,
  })
})

test('everybody of a duty may be put on, each once', () => {
  const duty: DutyJson = { places: [{ person: person('a') }, {}, { person: person('b') }, { person: person('a') }] }
  expect(standing(duty).map((one) => one.name)).toEqual(['a', 'b'])
  expect(standing(undefined)).toEqual([])
})

const shift = (name: string, from: string, until: string) => ({ person: person(name), from, until, rotaName: '当番' })
const rota: RotaJson = {
  onNow: person('a'),
  shifts: [
    shift('a', '2026-11-23T00:00:00Z', '2026-11-24T00:00:00Z'),
    shift('a', '2026-11-24T00:00:00Z', '2026-11-25T00:00:00Z'),
    shift('b', '2026-11-25T00:00:00Z', '2026-11-26T00:00:00Z'),
  ],
}

test('the next one is the next who is somebody else', () => {
  const now = new Date('2026-11-23T05:00:00Z')
  expect(nextShift(rota, now)?.person?.name).toBe('b')
  expect(rota.shifts!.map((one) => isOn(one, now))).toEqual([true, false, false])
})

test('my shifts of all rotas stand in the order of time; nobody has none', () => {
  const other: RotaJson = { shifts: [shift('b', '2026-11-22T00:00:00Z', '2026-11-23T00:00:00Z')] }
  expect(shiftsOf([rota, other], 'b').map((one) => one.from)).toEqual(['2026-11-22T00:00:00Z', '2026-11-25T00:00:00Z'])
  expect(shiftsOf([rota], '')).toEqual([])
})

const cell = (level: AuthorityJson['level'], more: AuthorityJson = {}): AuthorityJson => ({
  act: 'AUTHORITY_ACT_PUBLISH',
  role: 'ROLE_CISO',
  level,
  levelS3: level,
  ...more,
})

test('a duty that the table does not name may not', () => {
  const list = [cell('AUTHORITY_LEVEL_ALONE')]
  expect(cellOf(list, { act: 'AUTHORITY_ACT_PUBLISH', role: 'ROLE_CISO' }).level).toBe('AUTHORITY_LEVEL_ALONE')
  expect(cellOf(list, { act: 'AUTHORITY_ACT_PUBLISH', role: 'ROLE_PR' })).toMatchObject({
    role: 'ROLE_PR',
    level: 'AUTHORITY_LEVEL_NONE',
    levelS3: 'AUTHORITY_LEVEL_NONE',
  })
})

test('what is to come is told soonest first, what holds already not at all', () => {
  const changes = [
    cell('AUTHORITY_LEVEL_NONE', { validFrom: '2027-04-01' }),
    cell('AUTHORITY_LEVEL_DRAFT', { validFrom: '2026-12-01' }),
    cell('AUTHORITY_LEVEL_ALONE', { validFrom: '2026-11-23' }),
  ]
  expect(comingOf(changes, changes[0]!, '2026-11-23').map((one) => one.validFrom)).toEqual(['2026-12-01', '2027-04-01'])
  expect(comingOf(changes, { act: 'AUTHORITY_ACT_PUBLISH', role: 'ROLE_PR' }, '2026-11-23')).toEqual([])
})

test('a phone begins with the first of my duties that the table names', () => {
  const list = [cell('AUTHORITY_LEVEL_ALONE', { role: 'ROLE_SISO' }), cell('AUTHORITY_LEVEL_ALONE')]
  expect(rolesOf(list)).toEqual(['ROLE_CISO', 'ROLE_SISO'])
  expect(ownRole(list, ['ROLE_STAFF', 'ROLE_SISO'])).toBe('ROLE_SISO')
  expect(ownRole(list, ['ROLE_STAFF'])).toBeUndefined()
})
