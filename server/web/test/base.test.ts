// SPDX-License-Identifier: Apache-2.0
import { afterEach, describe, expect, it } from 'vitest'
import { duration, fromInput, jstFull, jstShort, toInput } from '../src/base/clock'
import { fold, hasWords } from '../src/base/fold'
import { texts } from '../src/base/i18n'
import { severityName, stateName } from '../src/base/labels'
import { address, find, match, navigate, routerBegin } from '../src/base/router'
import { lang } from '../src/base/settings'
import { uuid } from '../src/base/uuid'

afterEach(() => {
  lang.value = 'ja'
})

describe('texts', () => {
  const t = texts({
    ja: { save: '保存', waiting: (n: number) => `待ち ${n}` },
    en: { save: 'Save', waiting: (n: number) => `waiting ${n}` },
  })
  it('follow the language', () => {
    expect([t.save, t.waiting(3)]).toEqual(['保存', '待ち 3'])
    lang.value = 'en'
    expect([t.save, t.waiting(3)]).toEqual(['Save', 'waiting 3'])
  })
  it('that are missing in one language do not compile', () => {
    // @ts-expect-error: no English for "cancel"
    texts({ ja: { save: '保存', cancel: 'やめる' }, en: { save: 'Save' } })
  })
  it('name the words of the contract, and unknown for what is absent', () => {
    expect(stateName('INCIDENT_STATE_CONTAINMENT')).toBe('封じ込め')
    expect(severityName(undefined)).toBe('未判定')
    expect(severityName.keys[0]).toBe('SEVERITY_S0')
  })
})

describe('addresses', () => {
  it('fit a pattern with names and a rest', () => {
    expect(match('/incident/:id', '/incident/%E8%A8%93-2026-0001')).toEqual({ id: '訓-2026-0001' })
    expect(match('/desk/*', '/desk')).toEqual({ '*': '' })
    expect(match('/desk/*', '/desk/queue/7')).toEqual({ '*': 'queue/7' })
    expect(match('/', '/file')).toBeNull()
    expect(match('/file', '/file/')).toEqual({})
  })
  it('find the first route that fits', () => {
    const load = async () => ({ default: () => null })
    const routes = [
      { path: '/', load },
      { path: '/incident/:id', load },
    ]
    expect(find(routes, '/incident/1')?.route.path).toBe('/incident/:id')
    expect(find(routes, '/nowhere')).toBeNull()
  })
  it('of links stay within the page', () => {
    routerBegin()
    document.body.innerHTML = ''
    const link = document.createElement('a')
    link.href = '/file'
    document.body.append(link)
    link.click()
    expect(address.value).toBe('/file')
    navigate('/', 'replace')
    expect(address.value).toBe('/')
  })
})

describe('time', () => {
  it('is JST wherever the device stands', () => {
    expect(jstFull('2026-07-04T17:10:33Z')).toBe('2026-07-05 02:10:33')
    expect(toInput('2026-07-04T17:10:33Z')).toBe('2026-07-05T02:10')
    expect(fromInput('2026-07-05T02:10')).toBe('2026-07-04T17:10:00.000Z')
    expect(fromInput('')).toBeUndefined()
  })
  it('is short where the day is today', () => {
    const now = new Date('2026-07-05T01:00:00Z')
    expect(jstShort('2026-07-04T17:10:00Z', now)).toBe('02:10')
    expect(jstShort('2026-07-03T17:10:00Z', now)).toBe('07-04 02:10')
    expect(jstShort('2025-07-03T17:10:00Z', now)).toBe('2025-07-04 02:10')
    expect([duration(63), duration(-3723)]).toEqual(['1:03', '1:02:03'])
  })
})

describe('folding', () => {
  it('makes width, case and kana one', () => {
    expect(fold('ＬＧＷＡＮ ｽｲｯﾁ')).toBe('lgwan すいっち')
    expect(hasWords(fold('国保年金課のスイッチ'), 'すいっち 国保')).toBe(true)
    expect(hasWords(fold('国保年金課のスイッチ'), 'スイッチ 税務')).toBe(false)
  })
})

describe('uuid', () => {
  it('is of version 4 and never twice the same', () => {
    const made = Array.from({ length: 100 }, uuid)
    for (const one of made) expect(one).toMatch(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/)
    expect(new Set(made).size).toBe(100)
  })
})
