// SPDX-License-Identifier: Apache-2.0
// Texts of what shut devices held.
import { texts } from '../base/i18n'

export const h = texts({
  ja: {
    title: '保留中の操作',
    count: (n: number) => `保留 ${n}件`,
    hint: '失くした端末などから届き、反映せずに保管している操作です。本人に確かめてから、反映するか、しないかを決めてください。',
    none: '保留中の操作はありません',
    noneHint: 'ログインを別の端末から終了した端末に残っていた操作が、ここに届きます。',
    nothingSettled: '30日以内に処理したものはありません',
    more: 'ほかにもあります。上から処理すると、続きが出ます。',
    open: '処理待ち',
    settled: '処理済み (30日)',
    whose: '本人',
    happened: '実施',
    recorded: '受信',
    clockOff: (minutes: number) =>
      minutes > 0 ? `端末の時計は${minutes}分進んでいます` : `端末の時計は${-minutes}分遅れています`,
    why: (reason: string) =>
      reason === 'DEVICE_SHUT'
        ? '保留の理由: この端末のログインは、別の端末から終了されています'
        : `保留の理由: ${reason}`,
    stepNow: '手順の今の状態',
    order: '指示',
    ownersAlone: '本人だけができる操作です。本人に確かめ、済んだら「反映しない」で片付けてください。',
    lacks: '端末の写真は届いていません。証拠の保管場所が必要です。',
    take: '反映する…',
    turn: '反映しない…',
    takeTitle: (name: string) => `${name}さんの操作を反映する`,
    turnTitle: (name: string) => `${name}さんの操作を反映しない`,
    takeHint: (name: string) =>
      `${name}さんの代筆として、実施した時刻のまま記録します。記録した人としてあなたの名前も残ります。`,
    turnHint: 'この操作は今後も反映されません。内容と理由は記録に残ります。',
    takeDo: '反映する',
    turnDo: '反映しない',
    reason: '理由',
    reasonHint: '例 本人に電話で確かめた',
    paper: '証拠の保管場所',
    took: '反映しました',
    confirmed: '先に完了していました。確認として残しました',
    althoughDropped: '省かれた手順でしたが、実施したことを残しました',
    differed: '先に別の決定がありました。意見として残しました',
    filed: (number: string) => `事案 ${number} を作りました`,
    turned: '反映しないことにしました',
    newIncident: '新しい届出',
    handOver: '指揮の引継ぎ',
    outcome: {
      HELD_OUTCOME_UNSPECIFIED: '処理待ち',
      HELD_OUTCOME_TAKEN_IN: '反映した',
      HELD_OUTCOME_TURNED_DOWN: '反映しない',
    },
  },
  en: {
    title: 'Held operations',
    count: (n: number) => `${n} held`,
    hint: 'These came from devices that were shut, such as lost ones, and were kept without being applied. Ask their owner, then take them in or turn them down.',
    none: 'Nothing is held',
    noneHint: 'What a device still holds whose session was ended from another one comes here.',
    nothingSettled: 'Nothing was settled within thirty days',
    more: 'There are more: they follow as these are settled.',
    open: 'To settle',
    settled: 'Settled (30 days)',
    whose: 'Owner',
    happened: 'Done',
    recorded: 'Received',
    clockOff: (minutes: number) =>
      minutes > 0 ? `The device’s clock is ${minutes} min fast` : `The device’s clock is ${-minutes} min slow`,
    why: (reason: string) =>
      reason === 'DEVICE_SHUT'
        ? 'Held because the session of this device was ended from another one'
        : `Held because of ${reason}`,
    stepNow: 'The step now',
    order: 'Order',
    ownersAlone: 'Only its owner can do this. Ask them, and turn it down here once that is settled.',
    lacks: 'The photos of the device did not come along: say where the evidence is kept.',
    take: 'Take in…',
    turn: 'Turn down…',
    takeTitle: (name: string) => `Take in what ${name} did`,
    turnTitle: (name: string) => `Turn down what ${name} did`,
    takeHint: (name: string) =>
      `It is written down for ${name}, at the time it was done. Your name stands with it as the writer’s.`,
    turnHint: 'It will never be applied. What it was, and why, stays on record.',
    takeDo: 'Take in',
    turnDo: 'Turn down',
    reason: 'Why',
    reasonHint: 'Such as: asked the owner by telephone',
    paper: 'Where the evidence is kept',
    took: 'Taken in',
    confirmed: 'It was done already; kept as a confirmation',
    althoughDropped: 'The step had been dropped; that it was done is kept',
    differed: 'It had been decided otherwise; kept as a differing opinion',
    filed: (number: string) => `Filed as ${number}`,
    turned: 'Turned down',
    newIncident: 'A new report',
    handOver: 'Handing command over',
    outcome: {
      HELD_OUTCOME_UNSPECIFIED: 'To settle',
      HELD_OUTCOME_TAKEN_IN: 'Taken in',
      HELD_OUTCOME_TURNED_DOWN: 'Turned down',
    },
  },
})
