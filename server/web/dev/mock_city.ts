// SPDX-License-Identifier: Apache-2.0
// A small city for the pretended server.
import type { RefJson } from '../src/gen/sokuo/v1/common_pb'
import type { PersonJson, SystemJson, UnitJson } from '../src/gen/sokuo/v1/directory_pb'

export const uid = (kind: number, n: number) =>
  `00000000-0000-4000-8${String(kind).padStart(3, '0')}-${String(n).padStart(12, '0')}`

const DEPARTMENTS = [
  '総務部',
  '政策推進部',
  '市民部',
  '健康福祉部',
  'こども未来部',
  '産業経済部',
  '都市整備部',
  '教育委員会事務局',
]
const SECTIONS = [
  '総務課',
  '情報政策課',
  '市民課',
  '国保年金課',
  '子育て支援課',
  '商工振興課',
  '道路課',
  '学校教育課',
  '税務課',
  '防災危機管理課',
  '広報課',
  '人事課',
]

export const units: UnitJson[] = [
  { id: uid(1, 1), kind: 'UNIT_KIND_ORGAN', code: '01', name: '市長部局', active: true },
  ...DEPARTMENTS.map((name, i) => ({
    id: uid(2, i),
    kind: 'UNIT_KIND_DEPARTMENT' as const,
    code: `01${i}`,
    name,
    parentId: uid(1, 1),
    active: true,
  })),
  ...Array.from({ length: 80 }, (_, i) => ({
    id: uid(3, i),
    kind: 'UNIT_KIND_SECTION' as const,
    code: `01${i % 8}${String(i).padStart(2, '0')}`,
    name:
      SECTIONS[i] ?? `${SECTIONS[i % SECTIONS.length]!.replace('課', '')}第${Math.floor(i / SECTIONS.length) + 1}課`,
    parentId: uid(2, i % 8),
    phone: `0836-31-${2000 + i}`,
    active: true,
  })),
]

const SYSTEMS = [
  '住民記録システム',
  '税務システム',
  '文書管理システム',
  'グループウェア',
  '財務会計システム',
  '図書館システム',
  '市公式ウェブサイト',
  '水道料金システム',
  '校務支援システム',
  '防災情報システム',
  'ファイルサーバ',
  'リモートアクセス',
]
export const systems: SystemJson[] = SYSTEMS.map((name, i) => ({
  id: uid(4, i),
  code: `S${String(i + 1).padStart(3, '0')}`,
  name,
  section: { id: uid(3, i), name: units[9 + i]!.name },
  zone: (i % 9) + 1,
  availabilityLevel: (i % 2) + 1,
  active: true,
}))

const FAMILY = ['田中', '佐藤', '鈴木', '高橋', '山本', '中村', '小林', '加藤', '吉田', '山田', '松本', '井上']
const GIVEN = ['恵', '健一', '裕子', '大輔', '美咲', '翔太', '由美', '隆', '直樹', '香織']
export const persons: PersonJson[] = Array.from({ length: 120 }, (_, i) => ({
  id: uid(5, i),
  code: String(10001 + i),
  name: `${FAMILY[i % 12]} ${GIVEN[Math.floor(i / 12) % 10]}`,
  kana: 'たなか めぐみ',
  kind: 'PERSON_KIND_STAFF' as const,
  post: {
    id: uid(6, i),
    name: i === 0 ? '情報政策課 主査' : `${units[9 + (i % 80)]!.name} ${i % 3 ? '主任' : '課長'}`,
  },
  section: { id: uid(3, i % 80), name: units[9 + (i % 80)]!.name },
  active: true,
}))

export const ref = (list: readonly { id?: string; name?: string }[], id: string | undefined): RefJson | undefined => {
  const found = list.find((one) => one.id === id)
  return found && { id: found.id, name: found.name }
}
