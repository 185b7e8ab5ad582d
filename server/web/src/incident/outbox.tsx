// SPDX-License-Identifier: Apache-2.0
// What this device has still to send, and what the server did not take.
import { useTitle } from '../base/bar'
import type { OutboxItem } from '../base/db'
import { outbox, outboxRemove, outboxRetry, outboxSend } from '../base/outbox'
import { Button } from '../ui/button'
import { Empty } from '../ui/parts'
import { Time } from '../ui/time'
import { takeUpAgain } from './filed'
import { t } from './texts'

function Item({ item }: { item: OutboxItem }) {
  const text = item.kind === 'FileIncident' ? item.request.title : item.request.text
  return (
    <li class="card stack">
      <p class="small quiet">
        {item.kind === 'FileIncident' ? t.aFiling : t.anEntry} · <Time at={item.createdAt} /> ·{' '}
        {item.state === 'refused' ? t.isRefused : t.isWaiting}
      </p>
      <p>{String(text ?? '')}</p>
      {item.state === 'refused' && (
        <>
          <p class="note error">{item.error}</p>
          <div class="row">
            {item.kind === 'FileIncident' ? (
              <Button look="solid" onClick={() => void takeUpAgain(item)}>
                {t.fixAndSend}
              </Button>
            ) : (
              <Button look="solid" onClick={() => void outboxRetry(item)}>
                {t.sendNow}
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
  return (
    <div class="page narrow stack">
      <h1>{t.outboxTitle}</h1>
      {open.length === 0 ? (
        <Empty title={t.outboxEmpty}>
          <p>{t.outboxEmptyHint}</p>
        </Empty>
      ) : (
        <>
          <ul class="stack">
            {open.map((item) => (
              <Item key={item.operationId} item={item} />
            ))}
          </ul>
          <Button onClick={() => void outboxSend()}>{t.sendNow}</Button>
        </>
      )}
    </div>
  )
}
