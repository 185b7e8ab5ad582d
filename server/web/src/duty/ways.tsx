// SPDX-License-Identifier: Apache-2.0
// Kinds of contact that nothing sends to by itself: who has only those is reached by nobody but a caller.

import { client } from '../base/rpc'
import type { ChannelJson, ContactService } from '../gen/sokuo/v1/contact_pb'
import type { ContactKindJson } from '../gen/sokuo/v1/directory_pb'
import { useLoad } from './list'
import { t } from './readiness_texts'
import { contactName } from './words'

const contacts = client<typeof ContactService>('ContactService')
const KINDS: ContactKindJson[] = ['CONTACT_KIND_MOBILE', 'CONTACT_KIND_PHONE', 'CONTACT_KIND_SMS', 'CONTACT_KIND_MAIL']

export function withoutWay(channels: readonly ChannelJson[]): ContactKindJson[] {
  const reached = new Set(channels.filter((one) => one.enabled).flatMap((one) => one.reaches ?? []))
  return KINDS.filter((kind) => !reached.has(kind))
}

// Only who may see the ways out is told; the others see the numbers.
export function Ways() {
  const { value } = useLoad(() => contacts.listChannels({}, { silent: true }))
  const missing = value ? withoutWay(value.channels ?? []) : []
  if (missing.length === 0) return null
  return (
    <p class="note warn">
      ⚠ <strong>{t.noWay(missing.map(contactName).join('、'))}</strong> {t.noWayHint}{' '}
      <a href="/admin/channels">{t.ways}</a>
    </p>
  )
}
