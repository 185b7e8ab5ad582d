// SPDX-License-Identifier: Apache-2.0
// A step that is in no plan, for a duty, sections or a person.
import { useEffect, useState } from 'preact/hooks'
import { cityNeeded, sectionChoices } from '../base/city'
import { fromInput } from '../base/clock'
import { useDraft } from '../base/drafts'
import { phaseName, roleName } from '../base/labels'
import { steps } from '../base/services'
import type { RefJson } from '../gen/sokuo/v1/common_pb'
import type { RoleJson } from '../gen/sokuo/v1/options_pb'
import type { PhaseJson } from '../gen/sokuo/v1/playbook_pb'
import { FormDialog } from '../ui/dialog'
import { Select, TextField } from '../ui/field'
import { PersonPick, Picks } from '../ui/picks'
import { toast } from '../ui/toast'
import { useSend } from './send'
import { t } from './texts'

const EMPTY = { text: '', detail: '', dueAt: '', sectionIds: [] as string[], evidence: false }

export function AddStepDialog(props: { incidentId: string; onClose: () => void; onAdded: () => void }) {
  useEffect(cityNeeded, [])
  const draft = useDraft(`add-step/${props.incidentId}`, EMPTY)
  const form = draft.value.value
  const [role, setRole] = useState<RoleJson>('ROLE_UNSPECIFIED')
  const [phase, setPhase] = useState<PhaseJson>('PHASE_CONTAIN')
  const [person, setPerson] = useState<RefJson | null>(null)
  const send = useSend()
  const ready = form.text.trim() !== '' && (role !== 'ROLE_UNSPECIFIED' || person !== null)
  const add = () =>
    send.run(async (operationId) => {
      const answer = await steps.addStep({
        operationId,
        incidentId: props.incidentId,
        text: form.text.trim(),
        detail: form.detail.trim() || undefined,
        role,
        phase,
        sectionIds: form.sectionIds,
        personId: person?.id,
        dueAt: fromInput(form.dueAt),
        evidence: form.evidence,
      })
      await draft.clear()
      toast(t.added(answer.steps?.length ?? 1))
      props.onAdded()
      props.onClose()
    })
  return (
    <FormDialog
      title={t.addStepTitle}
      submit={t.addStep}
      busy={send.busy}
      error={send.error}
      disabled={!ready}
      onClose={props.onClose}
      onSubmit={() => void add()}
    >
      <TextField label={t.what} required maxLength={300} value={form.text} onInput={(text) => draft.set({ text })} />
      <TextField
        label={t.how}
        rows={2}
        maxLength={1000}
        value={form.detail}
        onInput={(detail) => draft.set({ detail })}
      />
      <div class="paired">
        <Select
          label={t.role}
          value={role}
          options={roleName.all}
          name={(one) => (one === 'ROLE_UNSPECIFIED' ? '—' : roleName(one))}
          onChange={setRole}
        />
        <Select label={t.phase} value={phase} options={phaseName.keys} name={phaseName} onChange={setPhase} />
      </div>
      <PersonPick label={t.person} value={person} onChange={setPerson} />
      <Picks
        label={t.forSections}
        hint={t.forSectionsHint}
        choices={sectionChoices.value}
        value={form.sectionIds}
        onChange={(sectionIds) => draft.set({ sectionIds })}
      />
      <TextField label={t.due} type="datetime-local" value={form.dueAt} onInput={(dueAt) => draft.set({ dueAt })} />
      <label class="check">
        <input type="checkbox" checked={form.evidence} onChange={() => draft.set({ evidence: !form.evidence })} />
        {t.evidence}
      </label>
    </FormDialog>
  )
}
