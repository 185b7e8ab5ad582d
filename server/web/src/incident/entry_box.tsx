// SPDX-License-Identifier: Apache-2.0
// Always ready: one line, Ctrl+Enter. What is typed is a draft on the device; what is sent goes through the outbox.
import { useEffect, useState } from 'preact/hooks'
import { fromInput, serverNow } from '../base/clock'
import { useDraft } from '../base/drafts'
import { certaintyName, entryKindName, meansName } from '../base/labels'
import { offline, onOutbox, outboxAdd } from '../base/outbox'
import type { AddEntryResponseJson, CertaintyJson, EntryKindJson, MeansJson } from '../gen/sokuo/v1/incident_pb'
import { Button } from '../ui/button'
import { Chips, Select, TextField } from '../ui/field'
import { toast } from '../ui/toast'
import type { IncidentStore } from './store'
import { t } from './texts'

interface EntryForm {
  text: string
  kind: EntryKindJson
  means: MeansJson
  certainty: CertaintyJson
  sender: string
  receiver: string
  occurredAt: string
  scribe: boolean
}

const EMPTY: EntryForm = {
  text: '',
  kind: 'ENTRY_KIND_INFORMATION',
  means: 'MEANS_UNSPECIFIED',
  certainty: 'CERTAINTY_UNSPECIFIED',
  sender: '',
  receiver: '',
  occurredAt: '',
  scribe: false,
}

const KINDS = entryKindName.keys.filter((kind) => kind !== 'ENTRY_KIND_CHANGE')

export function entryRequest(form: EntryForm, incidentId: string): Record<string, unknown> {
  const stated = (value: string) => (value.endsWith('_UNSPECIFIED') ? undefined : value)
  return {
    incidentId,
    text: form.text.trim(),
    kind: form.kind,
    means: stated(form.means),
    certainty: stated(form.certainty),
    sender: form.sender.trim() || undefined,
    receiver: form.receiver.trim() || undefined,
    // Said outright: without a network it may be sent much later.
    occurredAt: fromInput(form.occurredAt) ?? serverNow().toISOString(),
    capacity: form.scribe ? 'CAPACITY_SCRIBE' : undefined,
  }
}

export function EntryBox({ store }: { store: IncidentStore }) {
  const incidentId = store.incident.value?.id ?? ''
  const draft = useDraft<EntryForm>(`entry/${incidentId}`, EMPTY)
  const form = draft.value.value
  const set = draft.set
  const [open, setOpen] = useState(false)

  useEffect(
    () =>
      onOutbox((item) => {
        const entry = (item.answer as AddEntryResponseJson | undefined)?.entry
        if (item.kind === 'addEntry' && entry?.incidentId === incidentId) store.own(entry)
      }),
    [store, incidentId],
  )

  const record = async () => {
    if (!form.text.trim()) return
    await outboxAdd('addEntry', entryRequest(form, incidentId))
    await draft.clear()
    setOpen(false)
    toast(offline.peek() ? t.keptToast : t.recordedToast)
  }

  return (
    <form
      class={`entry-box no-print ${open ? 'open' : ''}`}
      onSubmit={(event) => {
        event.preventDefault()
        void record()
      }}
      onKeyDown={(event) => {
        if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return
        event.preventDefault()
        void record()
      }}
    >
      <div class="type">
        <textarea
          class="input"
          aria-label={t.entry}
          placeholder={t.entryHint}
          rows={1}
          maxLength={10000}
          value={form.text}
          onInput={(event) => set({ text: event.currentTarget.value })}
        />
        <Button look="solid" type="submit" disabled={!form.text.trim()} title={t.ctrlEnter}>
          {t.record}
        </Button>
      </div>
      {(open || form.text) && (
        <Chips
          label={t.kind}
          dense
          single
          options={KINDS}
          name={entryKindName}
          value={[form.kind]}
          onChange={([kind]) => set({ kind: kind ?? form.kind })}
        />
      )}
      <button type="button" class="button plain options" aria-expanded={open} onClick={() => setOpen(!open)}>
        {open ? '▾' : '▸'} {t.options}
      </button>
      {open && (
        <div class="grid">
          <TextField label={t.sender} value={form.sender} maxLength={100} onInput={(sender) => set({ sender })} />
          <TextField
            label={t.receiver}
            value={form.receiver}
            maxLength={100}
            onInput={(receiver) => set({ receiver })}
          />
          <Select
            label={t.means}
            value={form.means}
            options={meansName.all}
            name={meansName}
            onChange={(means) => set({ means })}
          />
          <Select
            label={t.certainty}
            value={form.certainty}
            options={certaintyName.all}
            name={certaintyName}
            onChange={(certainty) => set({ certainty })}
          />
          <TextField
            label={t.when}
            type="datetime-local"
            value={form.occurredAt}
            onInput={(occurredAt) => set({ occurredAt })}
          />
          <label class="check">
            <input
              type="checkbox"
              checked={form.scribe}
              onChange={(event) => set({ scribe: event.currentTarget.checked })}
            />
            {t.scribe}
          </label>
        </div>
      )}
    </form>
  )
}
