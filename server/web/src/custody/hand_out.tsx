// SPDX-License-Identifier: Apache-2.0
// Evidence goes out: which pieces, original or copy, to whom, what for. Everything typed is kept until it is on record.
import { useState } from 'preact/hooks'
import { useAct } from '../base/act'
import { fromInput } from '../base/clock'
import { useDraft } from '../base/drafts'
import { navigate } from '../base/router'
import { evidence } from '../base/services'
import type { EvidenceJson, TransferFormJson } from '../gen/sokuo/v1/evidence_pb'
import { FormDialog } from '../ui/dialog'
import { Select, TextField } from '../ui/field'
import { toast } from '../ui/toast'
import { type Custody, pieceName } from './store'
import { t } from './texts'

type Choice = keyof typeof t.form
const EMPTY = {
  chosen: {} as Record<string, Choice>,
  organisation: '',
  recipient: '',
  receiptNo: '',
  purpose: '',
  when: '',
}

// What lies on the server goes out as a copy; an original goes once.
function choices(piece: EvidenceJson, gone: Set<string | undefined>): Choice[] {
  return piece.paperLocation && !gone.has(piece.id) ? ['NONE', 'COPY', 'ORIGINAL'] : ['NONE', 'COPY']
}

export function HandOut({ custody, onClose }: { custody: Custody; onClose: () => void }) {
  const { incident, slips } = custody
  const [pieces] = useState(custody.pieces.filter((one) => one.complete))
  const draft = useDraft(`custody/${incident.id}`, EMPTY)
  const form = draft.value.value
  const gone = new Set(
    slips
      .flatMap((slip) => slip.items ?? [])
      .filter(isOriginal)
      .map((item) => item.evidenceId),
  )
  const items = pieces.flatMap((one) => {
    const choice = form.chosen[one.id ?? ''] ?? 'NONE'
    return choice === 'NONE' ? [] : [{ evidenceId: one.id, form: `TRANSFER_FORM_${choice}` as TransferFormJson }]
  })
  const lacks = items.length === 0 || !form.organisation.trim() || !form.recipient.trim() || !form.purpose.trim()
  const { busy, error, run } = useAct(async (operationId) => {
    const { organisation, recipient, receiptNo, purpose } = form
    const occurredAt = form.when ? fromInput(form.when) : undefined
    const request = {
      operationId,
      incidentId: incident.id,
      organisation,
      recipient,
      receiptNo,
      purpose,
      items,
      occurredAt,
    }
    const { transfer } = await evidence.transferEvidence(request)
    await draft.clear()
    toast(t.recorded)
    navigate(`/custody/${incident.number}/${transfer?.id}`)
  })
  const text = (key: 'organisation' | 'recipient' | 'receiptNo' | 'purpose', hint?: string) => (
    <TextField
      label={t[key]}
      hint={hint}
      required={key !== 'receiptNo'}
      maxLength={key === 'purpose' ? 300 : 100}
      value={form[key]}
      onInput={(value) => draft.set({ [key]: value })}
    />
  )
  return (
    <FormDialog
      wide
      title={t.handOut}
      submit={t.record}
      busy={busy}
      error={error}
      disabled={lacks}
      onSubmit={() => void run()}
      onClose={onClose}
    >
      <p class="small">{t.handOutHint}</p>
      <fieldset class="custody-pieces">
        <legend>{t.which}</legend>
        {pieces.map((one) => (
          <Select
            key={one.id}
            label={pieceName(one)}
            value={form.chosen[one.id ?? ''] ?? 'NONE'}
            options={choices(one, gone)}
            name={(choice) => t.form[choice]}
            onChange={(choice) => draft.set({ chosen: { ...form.chosen, [one.id ?? '']: choice } })}
          />
        ))}
      </fieldset>
      {text('organisation', t.organisationHint)}
      {text('recipient')}
      {text('receiptNo', t.receiptHint)}
      {text('purpose', t.purposeHint)}
      <TextField
        type="datetime-local"
        label={t.when}
        hint={t.whenHint}
        value={form.when}
        onInput={(when) => draft.set({ when })}
      />
      {lacks && <p class="small">{t.missing}</p>}
    </FormDialog>
  )
}

const isOriginal = (item: { form?: TransferFormJson }) => item.form === 'TRANSFER_FORM_ORIGINAL'
