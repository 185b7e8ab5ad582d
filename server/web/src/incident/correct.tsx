// SPDX-License-Identifier: Apache-2.0
// Correcting an entry: the old one is struck through and stays, the new one says why.
import { useState } from 'preact/hooks'
import { fromInput } from '../base/clock'
import { useDraft } from '../base/drafts'
import { certaintyName } from '../base/labels'
import { incidents } from '../base/services'
import { t as common } from '../base/texts'
import type { CertaintyJson, EntryJson } from '../gen/sokuo/v1/incident_pb'
import { FormDialog } from '../ui/dialog'
import { Select, TextField } from '../ui/field'
import { useAct } from './act'
import type { IncidentStore } from './store'
import { t } from './texts'

export function CorrectDialog({
  store,
  entry,
  onClose,
}: {
  store: IncidentStore
  entry: EntryJson
  onClose: () => void
}) {
  const draft = useDraft(`correct/${entry.id}`, { text: entry.text ?? '', reason: '' })
  const form = draft.value.value
  const [at, setAt] = useState('')
  const [certainty, setCertainty] = useState<CertaintyJson>('CERTAINTY_UNSPECIFIED')
  const act = useAct(store, () => {
    void draft.clear()
    onClose()
  })
  return (
    <FormDialog
      title={t.correct}
      submit={t.correct}
      busy={act.busy}
      error={act.error}
      disabled={!form.reason.trim()}
      onClose={onClose}
      onSubmit={() =>
        act.run(async (operationId) => {
          const answer = await incidents.correctEntry({
            operationId,
            incidentId: entry.incidentId,
            entryId: entry.id,
            text: form.text.trim(),
            reason: form.reason.trim(),
            occurredAt: fromInput(at),
            certainty,
          })
          if (answer.entry) store.own(answer.entry)
          return undefined
        })
      }
    >
      <TextField label={t.entry} rows={3} maxLength={10000} value={form.text} onInput={(text) => draft.set({ text })} />
      <TextField
        label={common.reason}
        required
        maxLength={500}
        value={form.reason}
        onInput={(reason) => draft.set({ reason })}
      />
      <div class="grid">
        <Select
          label={t.certainty}
          value={certainty}
          options={certaintyName.all}
          name={(value) => (value === 'CERTAINTY_UNSPECIFIED' ? t.leave : certaintyName(value))}
          onChange={setCertainty}
        />
        <TextField label={t.happenedAt} type="datetime-local" value={at} onInput={setAt} />
      </div>
    </FormDialog>
  )
}
