// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest'
import { toBase64 } from '../src/admin/import'
import { alertmanagerYaml, parseLabels, printLabels } from '../src/admin/integrations'
import { asTree } from '../src/admin/units'

describe('administration', () => {
  it('draws the organisation with parents before children, and loses nobody whose parent is gone', () => {
    const tree = asTree([
      { id: 's', parentId: 'd', name: '市民課' },
      { id: 'd', parentId: 'o', name: '市民部' },
      { id: 'o', name: '市長部局' },
      { id: 'x', parentId: 'gone', name: '宙の課' },
    ])
    expect(tree.map(({ unit, depth }) => `${depth} ${unit.name}`)).toEqual([
      '0 市長部局',
      '1 市民部',
      '2 市民課',
      '0 宙の課',
    ])
  })
  it('reads labels line by line and takes "=" in values as it is', () => {
    const labels = parseLabels('severity = critical\nquery=a=b\nno value\n')
    expect(labels).toEqual([
      { name: 'severity', value: 'critical' },
      { name: 'query', value: 'a=b' },
    ])
    expect(parseLabels(printLabels(labels))).toEqual(labels)
  })
  it('encodes a large file without running out of stack', () => {
    const bytes = new Uint8Array(300_000).fill(65)
    expect(atob(toBase64(bytes)).length).toBe(300_000)
  })
  it('writes settings that Alertmanager takes', () => {
    expect(alertmanagerYaml('http://h/ingest/v1/alertmanager/t')).toContain(
      "- url: 'http://h/ingest/v1/alertmanager/t'",
    )
  })
})
