// SPDX-License-Identifier: Apache-2.0
// Who is away, and saying so for somebody who cannot.
import { useState } from 'preact/hooks'
import { fromInput } from '../base/clock'
import { uuid } from '../base/uuid'
import type { AbsenceJson, AbsenceKindJson } from '../gen/sokuo/v1/duty_pb'
import { Button } from '../ui/button'
import { FormDialog } from '../ui/dialog'
import { Select, TextField } from '../ui/field'
import { type Column, Empty, Loading, Table } from '../ui/parts'
import { PersonPick } from '../ui/picks'
import { Time } from '../ui/time'
import { ErrorNote, toast, toastError } from '../ui/toast'
import { useLoad } from './list'
import { duties } from './services'
import { t } from './texts'
import { absenceKindName } from './words'

const KINDS: AbsenceKindJson[] = ['ABSENCE_KIND_NO_ANSWER', 'ABSENCE_KIND_INJURED', 'ABSENCE_KIND_DECLARED']

function Declare({ onClose }: { onClose: (done: boolean) => void }) {
  const [person, setPerson] = useState<{ id?: string; name?: string } | null>(null)
  const [kind, setKind] = useState<AbsenceKindJson>('ABSENCE_KIND_NO_ANSWER')
  const [until, setUntil] = useState('')
  const [reason, setReason] = useState('')
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>()
  const send = async () => {
    setBusy(true)
    try {
      const done = await duties.registerAbsence({
        operationId: uuid(),
        personId: person?.id,
        kind,
        until: fromInput(until),
        reason: reason.trim(),
      })
      const torn = done.weakened?.length ?? 0
      toast(torn ? t.weakened(torn) : t.awayDone)
      onClose(true)
    } catch (e) {
      setError(e)
    } finally {
      setBusy(false)
    }
  }
  return (
    <FormDialog
      title={t.declareTitle}
      submit={t.goDo}
      busy={busy}
      error={error}
      disabled={!person || !reason.trim()}
      onClose={() => onClose(false)}
      onSubmit={() => void send()}
    >
      <p class="small">{t.declareHint}</p>
      <PersonPick label={t.who} value={person} onChange={setPerson} />
      <Select label={t.kindOf} value={kind} options={KINDS} name={absenceKindName} onChange={setKind} />
      <TextField label={t.until} type="datetime-local" value={until} onInput={setUntil} />
      <TextField label={t.reason} value={reason} rows={2} maxLength={500} required onInput={setReason} />
    </FormDialog>
  )
}

export function Absences() {
  const [asking, ask] = useState(false)
  const { value, error, again } = useLoad(() => duties.listAbsences({}))
  const end = (id: string | undefined) =>
    void duties.endAbsence({ operationId: uuid(), id }).then(() => {
      toast(t.ended)
      void again()
    }, toastError)
  const columns: Column<AbsenceJson>[] = [
    { head: t.who, cell: (one) => one.person?.name },
    { head: t.kindOf, cell: (one) => absenceKindName(one.kind) },
    { head: t.from, num: true, cell: (one) => one.from && <Time at={one.from} /> },
    { head: t.until, num: true, cell: (one) => (one.until ? <Time at={one.until} /> : t.goOpen) },
    {
      head: t.reason,
      cell: (one) => [one.reason, one.by?.personName && t.by(one.by.personName)].filter(Boolean).join(' · '),
    },
    { head: '', cell: (one) => <Button onClick={() => end(one.id)}>{t.end}</Button> },
  ]
  return (
    <div class="stack">
      <div class="row spread">
        <p class="small">{t.absencesHint}</p>
        <Button onClick={() => ask(true)}>{t.declare}</Button>
      </div>
      <ErrorNote error={error} onRetry={() => void again()} />
      {!value && !error && <Loading />}
      {value && (
        <Table
          caption={t.absences}
          columns={columns}
          rows={value.absences ?? []}
          rowKey={(one) => one.id ?? ''}
          empty={<Empty title={t.absencesNone} />}
        />
      )}
      {asking && (
        <Declare
          onClose={(done) => {
            ask(false)
            if (done) void again()
          }}
        />
      )}
    </div>
  )
}
