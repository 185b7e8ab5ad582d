// SPDX-License-Identifier: Apache-2.0
// Steps of the pretended city: a ransomware at night, and a drill.
import type { StepJson } from '../src/gen/sokuo/v1/step_pb'
import { ModelServer } from './model_server.ts'

const at = (minutes: number) => new Date(Date.now() + minutes * 60_000).toISOString()
const both = (ja: string, en: string) => ({ ja, en })
const OPEN = ['START', 'DONE', 'SKIP', 'NOT_APPLICABLE', 'BLOCK', 'HAND_OVER']
const PLAN = { planTitle: both('ランサムウェア・マルウェア感染', 'Ransomware / malware outbreak'), code: 'PB-01' }

const contacts: StepJson['contacts'] = [
  { role: 'ROLE_POC', personName: '田中 一郎', postName: '情報政策課 当番', phone: '0836-00-0001' },
  { role: 'ROLE_SISO', personName: '佐藤 花子', postName: '統括情報セキュリティ責任者', phone: '' },
]

function step(no: string, due: number, more: Partial<StepJson>, definition: StepJson['definition']): StepJson {
  return {
    id: `00000000-0000-4000-8000-0000000000${no}`,
    version: 3,
    incidentId: 'i1',
    incidentNumber: '2026-0042',
    incidentTitle: '県SOCから大量暗号化の疑い',
    mode: 'MODE_REAL',
    runId: 'r1',
    ...PLAN,
    state: 'STEP_STATE_READY',
    dueAt: at(due),
    definition: { no, ...definition },
    contacts,
    allowedActs: OPEN,
    mine: true,
    ...more,
  }
}

export const mockSteps = new ModelServer([
  step(
    '06',
    -4,
    { allowedActs: [...OPEN, 'DECIDE'] },
    {
      phase: 'PHASE_CONTAIN',
      text: both('遮断の順番を決める', 'Decide what is cut off first'),
      decision: {
        question: both('感染は拡大していますか', 'Is it spreading?'),
        options: [
          { id: 'spreading', text: both('拡大中: 全庁を遮断', 'Spreading: cut everything'), adds: ['PB-18'] },
          { id: 'contained', text: both('1区画だけ: その区画を遮断', 'One segment: cut that'), closes: ['12', '14'] },
          { id: 'unknown', text: both('分からない: 全庁を遮断', 'Unknown: cut everything') },
        ],
        defaultOption: 'unknown',
        timeoutMin: 15,
      },
    },
  ),
  step(
    '07',
    3,
    {
      before: [
        {
          no: '06',
          text: both('遮断の順番を決める', 'Decide what is cut off first'),
          state: 'STEP_STATE_DONE',
          doneAt: at(-14),
          chosen: both('拡大中: 全庁を遮断', 'Spreading: cut everything'),
        },
      ],
      next: [
        { no: '12', text: both('証拠を保全する', 'Keep the evidence'), state: 'STEP_STATE_PENDING' },
        { no: '14', text: both('代替運用を始める', 'Begin to work by hand'), state: 'STEP_STATE_PENDING' },
      ],
      ratifyDueAt: at(120),
    },
    {
      phase: 'PHASE_CONTAIN',
      text: both('ネットワークを遮断する', 'Cut the network off'),
      detail: both(
        '装置名・ポート・時刻・実施者を記録。\n媒体も切り離す。',
        'Record device, port, time and who did it.\nUnplug media, too.',
      ),
      why: both('拡大中のため', 'It is spreading'),
      ratifyMin: 240,
    },
  ),
  step(
    '08',
    -12,
    { place: { id: 's1', name: '市民課' } },
    {
      phase: 'PHASE_CONTAIN',
      text: both('感染した端末を写真に撮り、電源は切らずに置く', 'Photograph the terminals; leave them switched on'),
      evidence: true,
    },
  ),
  step(
    '09',
    55,
    {},
    {
      phase: 'PHASE_INTAKE',
      text: both('県へ第一報を送る', 'First report to the prefecture'),
      notice: { to: both('県 市町村課', 'Prefecture, municipalities division'), deadline: 'R5' },
    },
  ),
  step(
    '12',
    600,
    { state: 'STEP_STATE_PENDING' },
    { phase: 'PHASE_ERADICATE', text: both('証拠を保全する', 'Keep the evidence') },
  ),
  step(
    '20',
    0,
    { dueAt: undefined, mode: 'MODE_EXERCISE', incidentNumber: 'X-2026-0003', incidentTitle: '机上訓練' },
    {
      phase: 'PHASE_DETECT',
      text: both('発見の状況を聞き取る', 'Ask how it was found'),
    },
  ),
  step(
    '03',
    -60,
    {
      state: 'STEP_STATE_DONE',
      doneAt: at(-62),
      recordedAt: at(-50),
      doneBy: { personId: 'p9', personName: '鈴木 次郎', postName: '情報政策課長' },
      confirmations: [{ by: { personName: '高橋 三郎' }, occurredAt: at(-59) }],
      allowedActs: ['UNDO'],
      note: 'SOCに口頭で確認',
    },
    { phase: 'PHASE_INTAKE', text: both('通報を受け付ける', 'Take the report') },
  ),
])
