// SPDX-License-Identifier: Apache-2.0
// My own absence in two taps: away, until when. And the duties it tears open.
import { useState } from 'preact/hooks'
import { fromInput, jstShort, serverNow, toInput } from '../base/clock'
import { me } from '../base/session'
import { t as common } from '../base/texts'
import { uuid } from '../base/uuid'
import type { AbsenceJson } from '../gen/sokuo/v1/duty_pb'
import { Button } from '../ui/button'
import { Dialog, FormDialog } from '../ui/dialog'
import { TextField } from '../ui/field'
import { Loading } from '../ui/parts'
import { ErrorNote, toast } from '../ui/toast'
import { Chain } from './chain'
import { useLoad } from './list'
import { duties } from './services'
import { t } from './texts'

// The last moment of the day that is so many days ahead, in Japan.
export function endOfDay(now: Date, days: number): string {
  const day = toInput(new Date(now.getTime() + days * 86_400_000)).slice(0, 10)
  return fromInput(`${day}T23:59`) ?? ''
}

type Register = (until: string | undefined, from?: string, reason?: string) => void

function Times({ onRegister, onClose }: { onRegister: Register; onClose: () => void }) {
  const [form, setForm] = useState(() => ({
    from: toInput(serverNow()),
    until: toInput(endOfDay(serverNow(), 0)),
    reason: '',
  }))
  const [from, until] = [fromInput(form.from), fromInput(form.until)]
  return (
    <FormDialog
      title={t.goOther}
      submit={t.goDo}
      disabled={!from || !until || until <= from}
      onClose={onClose}
      onSubmit={() => onRegister(until, from, form.reason.trim())}
    >
      <TextField
        label={t.from}
        type="datetime-local"
        value={form.from}
        onInput={(value) => setForm({ ...form, from: value })}
      />
      <TextField
        label={t.until}
        type="datetime-local"
        value={form.until}
        onInput={(value) => setForm({ ...form, until: value })}
      />
      <TextField
        label={t.whyAway}
        value={form.reason}
        maxLength={500}
        onInput={(reason) => setForm({ ...form, reason })}
      />
    </FormDialog>
  )
}

function Choose({ busy, onRegister, onClose }: { busy: boolean; onRegister: Register; onClose: () => void }) {
  const [times, setTimes] = useState(false)
  const now = serverNow()
  if (times) return <Times onRegister={onRegister} onClose={() => setTimes(false)} />
  return (
    <Dialog title={t.goAway} onClose={onClose}>
      <div class="stack duty-choices">
        <Button busy={busy} onClick={() => onRegister(endOfDay(now, 0))}>
          {t.goToday}
        </Button>
        <Button busy={busy} onClick={() => onRegister(endOfDay(now, 1))}>
          {t.goTomorrow}
        </Button>
        <Button busy={busy} onClick={() => onRegister(endOfDay(now, 7))}>
          {t.goWeek}
        </Button>
        <Button busy={busy} onClick={() => onRegister(undefined)}>
          {t.goOpen}
        </Button>
        <Button onClick={() => setTimes(true)}>{t.goOther}</Button>
        <Button look="plain" onClick={onClose}>
          {common.cancel}
        </Button>
      </div>
    </Dialog>
  )
}

const isNow = (one: AbsenceJson) => !one.from || Date.parse(one.from) <= serverNow().getTime()

export function Away() {
  const personId = me.value?.person?.id ?? ''
  const [asking, ask] = useState(false)
  const [busy, setBusy] = useState(false)
  const [fault, setFault] = useState<unknown>()
  const [weakened, setWeakened] = useState(0)
  const mine = useLoad(() => duties.listAbsences({ personId }))
  const held = useLoad(() => duties.listDuties({ mine: true }))
  const absences = (mine.value?.absences ?? []).filter((one) => one.person?.id === personId)
  const again = () => {
    void mine.again()
    void held.again()
  }
  const act = async (work: () => Promise<unknown>, said: string) => {
    setBusy(true)
    setFault(undefined)
    try {
      await work()
      toast(said)
      ask(false)
      again()
    } catch (e) {
      setFault(e)
      ask(false)
    } finally {
      setBusy(false)
    }
  }
  const register: Register = (until, from, reason) =>
    void act(async () => {
      const done = await duties.registerAbsence({ operationId: uuid(), from, until, reason })
      setWeakened(done.weakened?.length ?? 0)
    }, t.awayDone)
  const back = (id: string | undefined) => {
    setWeakened(0)
    void act(() => duties.endAbsence({ operationId: uuid(), id }), t.backDone)
  }
  return (
    <div class="stack">
      <ErrorNote error={fault ?? mine.error} onRetry={again} />
      {!mine.value && !mine.error && <Loading />}
      {mine.value && absences.filter(isNow).length === 0 && <p class="note good">✓ {t.awayNow}</p>}
      {absences.map((one) => (
        <div key={one.id} class="note warn">
          <p>
            <strong>
              {!isNow(one) && one.from && `${jstShort(one.from)} – `}
              {one.until ? t.awayUntil(jstShort(one.until)) : t.awayOpen}
            </strong>{' '}
            {one.reason}
          </p>
          <Button look="solid" busy={busy} onClick={() => back(one.id)}>
            {t.back}
          </Button>
        </div>
      ))}
      {weakened > 0 && (
        <p class="note error" role="alert">
          ⚠ {t.weakened(weakened)}
        </p>
      )}
      <p class="small">{t.awayHint}</p>
      <Button look="primary" onClick={() => ask(true)}>
        {t.goAway}
      </Button>
      <h2>{t.holds}</h2>
      {held.value && (held.value.duties ?? []).length === 0 && <p class="quiet">{t.holdsNone}</p>}
      <div class="duty-grid">
        {held.value?.duties?.map((duty) => (
          <Chain key={`${duty.role}/${duty.scope?.id}`} duty={duty} />
        ))}
      </div>
      {asking && <Choose busy={busy} onRegister={register} onClose={() => ask(false)} />}
    </div>
  )
}
