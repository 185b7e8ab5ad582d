// SPDX-License-Identifier: Apache-2.0
// Kinds of incident in the words of the person who meets one.
import { lang } from '../base/settings'
import type { IncidentTypeJson } from '../gen/sokuo/v1/incident_pb'

const SENTENCES: readonly (readonly [IncidentTypeJson, ja: string, en: string])[] = [
  ['INCIDENT_TYPE_MALWARE', 'ファイルが開けない・脅迫の画面が出た', 'Files do not open, a threat is shown'],
  ['INCIDENT_TYPE_PHISHING', '不審なメールを開いた・パスワードを入れた', 'Opened a strange mail, typed a password'],
  ['INCIDENT_TYPE_MISDELIVERY', '別の人に送った・渡した', 'Sent or handed to the wrong person'],
  ['INCIDENT_TYPE_MISPUBLICATION', '見せてはいけないものを公開した', 'Published what should not be'],
  ['INCIDENT_TYPE_LOSS', 'PC・スマホ・USB・書類が見当たらない', 'PC, phone, USB stick or papers are missing'],
  ['INCIDENT_TYPE_THEFT', '盗まれた', 'Something was stolen'],
  ['INCIDENT_TYPE_INTRUSION', '知らないログインや設定の変更がある', 'Unknown logins or changed settings'],
  ['INCIDENT_TYPE_DEFACEMENT', 'ホームページが書き換えられた', 'The web site was altered'],
  ['INCIDENT_TYPE_EQUIPMENT_FAILURE', '端末・システムが動かない', 'A PC or system does not work'],
  ['INCIDENT_TYPE_TELECOM_OUTAGE', 'ネットや電話がつながらない', 'Network or telephone is down'],
  ['INCIDENT_TYPE_POWER_OUTAGE', '停電した', 'The power is out'],
  ['INCIDENT_TYPE_PHYSICAL_INTRUSION', '部外者が入った', 'A stranger got in'],
]

export const exampleTypes: IncidentTypeJson[] = SENTENCES.map(([type]) => type)

export function exampleOf(type: IncidentTypeJson): string {
  const found = SENTENCES.find(([one]) => one === type)
  return found ? found[lang.value === 'en' ? 2 : 1] : ''
}
