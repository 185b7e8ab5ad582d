// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest'
import { isBack } from '../src/incident/acts'
import { difference, formOf } from '../src/incident/edit'
import { entryRequest } from '../src/incident/entry_box'
import { countOf, fromFacts, noFacts, toFacts } from '../src/incident/facts_form'
import { changed } from '../src/incident/home'
import { marked } from '../src/incident/search'
import { filtered, merged } from '../src/incident/store'
import { changeText, valueText } from '../src/incident/words'

describe('the chronology', () => {
  const one = { id: 'a', seq: 1, text: 'スイッチを切り離す', kind: 'ENTRY_KIND_ORDER' as const, sender: '統括' }
  const two = { id: 'b', seq: 2, text: '県から電話', kind: 'ENTRY_KIND_REPORT' as const }
  it('holds an entry once, whatever brings it, newest first', () => {
    expect(merged(merged([one], [two, one]), [two]).map((entry) => entry.seq)).toEqual([2, 1])
  })
  it('strikes through what a later entry corrects, however late the first one is loaded', () => {
    const right = { id: 'c', seq: 3, correctsId: 'a', text: 'ルーターを切り離す' }
    expect(merged([right], [one]).find((entry) => entry.id === 'a')?.correctedById).toBe('c')
    expect(merged(merged([right], [one]), [one]).find((entry) => entry.id === 'a')?.correctedById).toBe('c')
  })
  it('filters by kind and by words of text, sender and kind', () => {
    expect(filtered([two, one], ['ENTRY_KIND_ORDER'], '').map((entry) => entry.id)).toEqual(['a'])
    expect(filtered([two, one], [], 'すいっち 統括').map((entry) => entry.id)).toEqual(['a'])
    expect(filtered([two, one], [], '報告').map((entry) => entry.id)).toEqual(['b'])
    expect(filtered([two, one], [], ' ').length).toBe(2)
  })
  it('says the time of writing when no other is given', () => {
    const form = {
      text: ' x ',
      kind: 'ENTRY_KIND_ORDER' as const,
      means: 'MEANS_UNSPECIFIED' as const,
      certainty: 'CERTAINTY_CONFIRMED' as const,
      sender: '',
      receiver: '',
      occurredAt: '',
      scribe: true,
    }
    const request = entryRequest(form, 'i')
    expect(request).toMatchObject({
      incidentId: 'i',
      text: 'x',
      certainty: 'CERTAINTY_CONFIRMED',
      capacity: 'CAPACITY_SCRIBE',
    })
    expect(request.means).toBeUndefined()
    expect(Date.parse(String(request.occurredAt))).toBeLessThanOrEqual(Date.now())
  })
  it('names fields and values of a change', () => {
    expect(changeText({ field: 'severity', before: 'SEVERITY_S2', after: 'SEVERITY_S3' })).toEqual({
      field: '重大度',
      before: 'S2 中',
      after: 'S3 重大',
    })
    expect(valueText('["NETWORK_ZONE_LGWAN","NETWORK_ZONE_MYNUMBER"]')).toBe('LGWAN接続系、マイナンバー利用事務系')
    expect(changeText({ field: 'incidentType', after: 'INCIDENT_TYPE_LOSS' })).toMatchObject({
      field: '種別',
      after: '紛失',
    })
    expect(changeText({ field: 'severityAssessed', before: 'false', after: 'true' }).after).toBe('はい')
    expect(valueText('')).toBe('不明')
    expect(valueText('{broken')).toBe('{broken')
  })
})

describe('facts', () => {
  it('that are not known are not sent', () => {
    const form = {
      ...noFacts,
      place: '本庁舎',
      finder: '田中',
      unknown: ['finder', 'personal'],
      involved: 'FINDING_NO' as const,
    }
    expect(JSON.parse(JSON.stringify(toFacts(form)))).toEqual({ place: '本庁舎' })
  })
  it('take numbers as people type them', () => {
    expect([countOf('１，３００人'), countOf('約71'), countOf('不明')]).toEqual(['1300', '71', undefined])
  })
  it('come back into the form they were typed in', () => {
    const facts = {
      place: '本庁舎',
      zones: ['NETWORK_ZONE_LGWAN' as const],
      personalInfo: { involved: 'FINDING_SUSPECTED' as const, knownCount: '71', myNumber: 'FINDING_NO' as const },
    }
    expect(JSON.parse(JSON.stringify(toFacts(fromFacts(facts))))).toEqual(facts)
  })
  it('that were not touched are not sent with an edit', () => {
    const before = formOf({ title: '題', facts: { place: '本庁舎', finder: '田中' } })
    const change = difference(before, { ...before, place: '', knownCount: '5', involved: 'FINDING_CONFIRMED' })
    expect(change.updateMask).toEqual(['facts.place', 'facts.personal_info'])
    expect(change.facts?.place).toBeUndefined()
  })
})

describe('lists', () => {
  it('take a newer version, never an older one, and put a new incident first', () => {
    const list = [{ id: 'a', version: 3, title: 'x' }]
    const change = (incident: object) => ({ stream: 'incident', incident })
    expect(changed(list, [change({ id: 'a', version: 2, title: 'old' })])[0]?.title).toBe('x')
    expect(changed(list, [change({ id: 'a', version: 4, title: 'y' })])[0]?.title).toBe('y')
    expect(changed(list, [change({ id: 'b', mode: 'MODE_REAL' })]).map((i) => i.id)).toEqual(['b', 'a'])
    expect(changed(list, [change({ id: 'c', mode: 'MODE_EXERCISE' })]).length).toBe(1)
  })
  it('mark found words whatever their width and kana', () => {
    expect(
      marked('ＬＧＷＡＮのスイッチ', 'lgwan すいっち')
        .filter((piece) => piece.hit)
        .map((piece) => piece.text),
    ).toEqual(['ＬＧＷＡＮ', 'スイッチ'])
    expect(marked('㍿と課', '株式会社').find((piece) => piece.hit)?.text).toBe('㍿')
  })
})

describe('the lifecycle', () => {
  it('tells forward from back', () => {
    expect(isBack('INCIDENT_STATE_RECOVERY', 'INCIDENT_STATE_CONTAINMENT')).toBe(true)
    expect(isBack('INCIDENT_STATE_TRIAGE', 'INCIDENT_STATE_ACTIVATED')).toBe(false)
    expect(isBack('INCIDENT_STATE_TRIAGE', 'INCIDENT_STATE_CLOSED_FALSE')).toBe(false)
  })
})
