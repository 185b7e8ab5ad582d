// SPDX-License-Identifier: Apache-2.0
// How a new order or call makes itself felt on this device.
import { useState } from 'preact/hooks'
import { useBarIncident, useTitle } from '../base/bar'
import { type Alarm, alarm } from '../base/settings'
import { Button } from '../ui/button'
import { Chips } from '../ui/field'
import { toast } from '../ui/toast'
import { mayNotify, ring } from './ring'
import { t } from './texts'

export function AlarmSettings() {
  useTitle(t.alarmTitle)
  useBarIncident(null)
  const [permission, setPermission] = useState(mayNotify())
  const names: Record<Alarm, string> = { sound: t.alarmSound, vibrate: t.alarmVibrate, mute: t.alarmMute }
  const choose = ([value]: Alarm[]) => {
    if (value) alarm.value = value
    ring()
  }
  return (
    <div class="page narrow stack">
      <h1>{t.alarmTitle}</h1>
      <Chips
        label={t.alarmTitle}
        single
        options={['sound', 'vibrate', 'mute'] as const}
        name={(v) => names[v]}
        value={[alarm.value]}
        onChange={choose}
      />
      <Button
        onClick={() => {
          ring()
          toast(t.alarmTested)
        }}
      >
        {t.alarmTest}
      </Button>
      <p class="small quiet">{t.alarmHint}</p>
      {permission === 'default' && (
        <Button onClick={() => void Notification.requestPermission().then(setPermission)}>{t.alarmNotify}</Button>
      )}
      {permission === 'granted' && <p class="note good">{t.alarmAllowed}</p>}
      {permission === 'denied' && <p class="note warn">{t.alarmDenied}</p>}
      <a class="button" href="/contacts">
        {t.emptyAct}
      </a>
    </div>
  )
}
