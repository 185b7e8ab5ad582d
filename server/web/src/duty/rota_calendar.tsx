// SPDX-License-Identifier: Apache-2.0
// The address of my shifts for a calendar program: shown once, copied, ended.
import { useRef, useState } from 'preact/hooks'
import { useAct } from '../base/act'
import { t as common } from '../base/texts'
import { Button } from '../ui/button'
import { Dialog } from '../ui/dialog'
import { Field } from '../ui/field'
import { ErrorNote, toast } from '../ui/toast'
import { t } from './rota_texts'
import { duties } from './services'

function Address({ address }: { address: string }) {
  const input = useRef<HTMLInputElement>(null)
  const [byHand, setByHand] = useState(false)
  const copy = async () => {
    try {
      // Only there on a secure origin.
      await navigator.clipboard.writeText(address)
      toast(t.copied)
    } catch {
      input.current?.select()
      setByHand(true)
    }
  }
  return (
    <div class="note warn stack">
      <p>{t.calendarOnce}</p>
      <Field label={t.calendarAddress} hint={byHand ? t.copyByHand : undefined}>
        {(tie) => (
          <input
            {...tie}
            ref={input}
            class="input"
            readOnly
            value={address}
            onFocus={(event) => event.currentTarget.select()}
          />
        )}
      </Field>
      <Button look="solid" onClick={() => void copy()}>
        {t.copy}
      </Button>
    </div>
  )
}

export function CalendarDialog({ onClose }: { onClose: () => void }) {
  const [path, setPath] = useState('')
  const make = useAct(async (operationId) => setPath((await duties.makeCalendar({ operationId })).path ?? ''))
  const revoke = useAct(async (operationId) => {
    await duties.makeCalendar({ operationId, revoke: true })
    setPath('')
    toast(t.calendarRevoked)
  })
  return (
    <Dialog title={t.calendar} onClose={onClose}>
      <p class="small">{t.calendarHint}</p>
      {path ? (
        <Address address={`${location.origin}${path}`} />
      ) : (
        <>
          <p class="small">{t.calendarOne}</p>
          <Button look="primary" busy={make.busy} onClick={() => void make.run()}>
            {t.calendarMake}
          </Button>
        </>
      )}
      <ErrorNote error={make.error ?? revoke.error} />
      <div class="acts">
        <Button look="danger" busy={revoke.busy} onClick={() => void revoke.run()}>
          {t.calendarRevoke}
        </Button>
        <Button onClick={onClose}>{common.close}</Button>
      </div>
    </Dialog>
  )
}
