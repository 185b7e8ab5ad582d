// SPDX-License-Identifier: Apache-2.0
// Web Push on this device: only where the origin is secure, and only after a press.
import { useState } from 'preact/hooks'
import { uuid } from '../base/uuid'
import type { OwnContactPointJson } from '../gen/sokuo/v1/contact_pb'
import { Button } from '../ui/button'
import { TextField } from '../ui/field'
import { ErrorNote, toast } from '../ui/toast'
import { contacts } from './services'
import { t } from './texts'
import { fromBase64, toBase64 } from './words'

function obstacle(): string {
  if (!isSecureContext) return t.pushNoSecure
  if (!navigator.serviceWorker || !('PushManager' in globalThis) || typeof Notification === 'undefined')
    return t.pushNone
  return ''
}

async function subscribe(deviceName: string): Promise<OwnContactPointJson[]> {
  const { key } = await contacts.getPushKey({})
  if (!key) throw t.pushNoServer
  if ((await Notification.requestPermission()) !== 'granted') throw t.pushDenied
  const worker = await navigator.serviceWorker.ready
  const made = await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: fromBase64(key) })
  const push = {
    endpoint: made.endpoint,
    p256dh: toBase64(made.getKey('p256dh')),
    auth: toBase64(made.getKey('auth')),
    deviceName,
  }
  const done = await contacts.saveOwnContactPoint({
    operationId: uuid(),
    kind: 'CONTACT_KIND_WEB_PUSH',
    priority: 1,
    push,
  })
  return done.points ?? []
}

export function Push({ onDone }: { onDone: (points: OwnContactPointJson[]) => void }) {
  const [name, setName] = useState(() => (/Mobi|Android|iPhone/.test(navigator.userAgent) ? 'スマートフォン' : 'PC'))
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>()
  const why = obstacle()
  const act = async () => {
    setBusy(true)
    setError(undefined)
    try {
      onDone(await subscribe(name.trim()))
      toast(t.pushDone)
    } catch (e) {
      setError(e)
    } finally {
      setBusy(false)
    }
  }
  return (
    <section class="card stack">
      <h2>{t.pushTitle}</h2>
      <p class="small">{t.pushHint}</p>
      {why ? (
        <p class="note small">{why}</p>
      ) : (
        <>
          <TextField label={t.device} value={name} maxLength={60} onInput={setName} />
          <ErrorNote error={error} />
          <Button busy={busy} onClick={() => void act()}>
            {t.pushOn}
          </Button>
        </>
      )}
      <p>
        <a href="/orders/alarm">{t.ringing}</a>
      </p>
    </section>
  )
}
