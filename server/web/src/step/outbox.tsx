// SPDX-License-Identifier: Apache-2.0
// What this device has still to send, and what the server did not take.
import { useTitle } from '../base/bar'
import { type OutboxItem, outbox, outboxRemove, outboxRetry, outboxSend, refusalOf, takeUpAgain } from '../base/outbox'
import { photos } from '../base/photos'
import { Button } from '../ui/button'
import { Empty } from '../ui/parts'
import { Time } from '../ui/time'
import { Warnings } from './list'
import { t } from './texts'
import { Told } from './told'
import './step.css'

function textOf(item: OutboxItem): string {
  const { title, text, name, basis } = item.request as Record<string, string | undefined>
  return item.about || title || text || name || basis || ''
}

function actOf(item: OutboxItem): string {
  const act = item.kind === 'updateStep' ? t.act[item.request.act as keyof typeof t.act] : ''
  return [t.kind[item.kind], act].filter(Boolean).join(' · ')
}

function Item({ item }: { item: OutboxItem }) {
  return (
    <li class="card stack">
      <p class="small quiet">
        {actOf(item)} · <Time at={item.createdAt} /> · {item.state === 'refused' ? t.isRefused : t.isWaiting}
      </p>
      <p>{textOf(item)}</p>
      {item.state === 'refused' && (
        <>
          <p class="note error">{refusalOf(item)}</p>
          <div class="row">
            {item.form ? (
              <Button look="solid" onClick={() => void takeUpAgain(item)}>
                {t.fixAndSend}
              </Button>
            ) : (
              <Button look="solid" onClick={() => void outboxRetry(item)}>
                {t.again}
              </Button>
            )}
            <Button look="danger" onClick={() => void outboxRemove(item)}>
              {t.throwAway}
            </Button>
          </div>
        </>
      )}
    </li>
  )
}

export default function Outbox() {
  useTitle(t.outboxTitle)
  const open = outbox.value.filter((item) => item.state !== 'sent')
  const sending = photos.value.filter((photo) => photo.announced)
  return (
    <div class="page narrow stack step">
      <h1>{t.outboxTitle}</h1>
      <Told />
      <Warnings />
      {open.length === 0 && sending.length === 0 ? (
        <Empty title={t.outboxEmpty}>
          <p>{t.outboxEmptyHint}</p>
        </Empty>
      ) : (
        <>
          <ul class="stack">
            {open.map((item) => (
              <Item key={item.operationId} item={item} />
            ))}
            {sending.map((photo) => (
              <li key={photo.id} class="card">
                <p class="small quiet">
                  {t.photo} · {photo.error ?? t.photoSending(`${Math.floor((100 * photo.sent) / photo.size)}%`)}
                </p>
              </li>
            ))}
          </ul>
          <Button onClick={() => void outboxSend()}>{t.sendNow}</Button>
        </>
      )}
    </div>
  )
}
