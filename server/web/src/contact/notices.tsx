// SPDX-License-Identifier: Apache-2.0
// What was sent, waits, or could not be delivered; the dead ones go out again after their cause was mended.
import { useEffect, useState } from 'preact/hooks'
import { uuid } from '../base/uuid'
import type { ListNoticesResponseJson, NoticeJson } from '../gen/sokuo/v1/contact_pb'
import { ModeMark } from '../ui/badge'
import { Button } from '../ui/button'
import { Chips } from '../ui/field'
import { type Column, Empty, Loading, Table } from '../ui/parts'
import { Time } from '../ui/time'
import { ErrorNote, toast, toastError } from '../ui/toast'
import './contact.css'
import { contacts } from './services'
import { t } from './texts'
import { channelName, noticeStateName } from './words'

const columns = (): Column<NoticeJson>[] => [
  { head: t.at, num: true, cell: (one) => <Time at={one.sentAt ?? one.queuedAt} /> },
  { head: t.who, cell: (one) => one.person?.name },
  {
    head: t.what,
    cell: (one) => (
      <>
        <ModeMark mode={one.mode} />
        {t.kinds[one.kind as keyof typeof t.kinds] ?? one.kind}
      </>
    ),
  },
  { head: t.by, cell: (one) => channelName(one.channel) },
  {
    head: t.state,
    cell: (one) => (
      <span class={one.state === 'NOTICE_STATE_DEAD' ? 'contact-bad' : ''}>
        {noticeStateName(one.state)} {(one.attempts ?? 0) > 1 && `(${t.attempts(one.attempts ?? 0)})`}{' '}
        {one.reason && <span class="small">{one.reason}</span>}
      </span>
    ),
  },
]

export default function Notices() {
  const [show, setShow] = useState<'dead' | 'all'>('dead')
  const [value, setValue] = useState<ListNoticesResponseJson | null>(null)
  const [error, setError] = useState<unknown>()
  const load = () => contacts.listNotices({ deadOnly: show === 'dead' }).then(setValue, setError)
  useEffect(() => void load(), [show])
  const notices = value?.notices ?? []
  const dead = notices.filter((one) => one.state === 'NOTICE_STATE_DEAD')
  const retry = () =>
    void contacts.retryNotices({ operationId: uuid(), ids: dead.map((one) => one.id ?? '').slice(0, 200) }).then(() => {
      toast(t.retried)
      void load()
    }, toastError)
  return (
    <div class="stack">
      <div class="row spread">
        <h2>{t.notices}</h2>
        {value && (
          <p>
            <strong class={(value.deadCount ?? 0) > 0 ? 'contact-bad' : ''}>
              {(value.deadCount ?? 0) > 0 && '⚠ '}
              {t.dead(value.deadCount ?? 0)}
            </strong>{' '}
            · {t.queued(value.queuedCount ?? 0)}
          </p>
        )}
      </div>
      <p class="small">{t.noticesHint}</p>
      <Chips
        label={t.notices}
        single
        options={['dead', 'all'] as const}
        name={(one) => (one === 'dead' ? t.deadOnly : t.all)}
        value={[show]}
        onChange={([one]) => setShow(one ?? show)}
      />
      {dead.length > 0 && <Button onClick={retry}>{t.retry(Math.min(dead.length, 200))}</Button>}
      <ErrorNote error={error} onRetry={() => void load()} />
      {!value && !error && <Loading />}
      {value && (
        <Table
          caption={t.notices}
          columns={columns()}
          rows={notices}
          rowKey={(one) => one.id ?? ''}
          empty={<Empty title={show === 'dead' ? t.noticesNoDead : t.noticesNone} />}
        />
      )}
    </div>
  )
}
