// SPDX-License-Identifier: Apache-2.0
import { names } from '../base/labels'
import type { ChannelKindJson, MessageLanguageJson, NoticeStateJson } from '../gen/sokuo/v1/contact_pb'
import type { ContactKindJson } from '../gen/sokuo/v1/directory_pb'

export const kindName = names<ContactKindJson>({
  CONTACT_KIND_UNSPECIFIED: ['不明', 'unknown'],
  CONTACT_KIND_MOBILE: ['携帯電話', 'Mobile'],
  CONTACT_KIND_PHONE: ['電話', 'Telephone'],
  CONTACT_KIND_MAIL: ['メール', 'Mail'],
  CONTACT_KIND_SMS: ['SMS', 'SMS'],
  CONTACT_KIND_CHAT: ['庁内チャット', 'Chat'],
  CONTACT_KIND_WEB_PUSH: ['プッシュ通知', 'Push'],
})

export const languageName = names<MessageLanguageJson>({
  MESSAGE_LANGUAGE_UNSPECIFIED: ['不明', 'unknown'],
  MESSAGE_LANGUAGE_JA: ['日本語', '日本語'],
  MESSAGE_LANGUAGE_EN: ['English', 'English'],
})

export const channelName = names<ChannelKindJson>({
  CHANNEL_KIND_UNSPECIFIED: ['不明', 'unknown'],
  CHANNEL_KIND_SMTP: ['メール(SMTP)', 'Mail (SMTP)'],
  CHANNEL_KIND_WEBHOOK: ['Webhook(チャット・SMS・音声)', 'Webhook (chat, SMS, voice)'],
  CHANNEL_KIND_WEB_PUSH: ['プッシュ通知', 'Web Push'],
  CHANNEL_KIND_IN_APP: ['即応の画面', 'Sokuo itself'],
})

export const noticeStateName = names<NoticeStateJson>({
  NOTICE_STATE_UNSPECIFIED: ['不明', 'unknown'],
  NOTICE_STATE_QUEUED: ['○ 送信待ち', '○ waiting'],
  NOTICE_STATE_SENT: ['→ 送信済', '→ sent'],
  NOTICE_STATE_DELIVERED: ['✓ 到達', '✓ delivered'],
  NOTICE_STATE_SUPPRESSED: ['― 不要になった', '― not wanted any more'],
  NOTICE_STATE_DEAD: ['✕ 届かない', '✕ undelivered'],
})

export const TEMPLATES = ['mattermost', 'slack', 'teams', 'lineworks', 'sms', 'voice', 'generic'] as const

// Bytes as the wire writes them.
export function toBase64(bytes: ArrayBuffer | null): string {
  let text = ''
  for (const byte of new Uint8Array(bytes ?? new ArrayBuffer(0))) text += String.fromCharCode(byte)
  return btoa(text)
}

export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  const plain = atob(text.replace(/-/g, '+').replace(/_/g, '/'))
  const out = new Uint8Array(plain.length)
  for (let i = 0; i < plain.length; i++) out[i] = plain.charCodeAt(i)
  return out
}
