// SPDX-License-Identifier: Apache-2.0
// Adding what became known: the same questions as when filing; only what changed is sent.
import { useMemo } from 'preact/hooks'
import { fromInput, toInput } from '../base/clock'
import { useDraft } from '../base/drafts'
import { assetLevelName, confidentialityLabelName } from '../base/labels'
import { incidents } from '../base/services'
import { t as common } from '../base/texts'
import type {
  AssetLevelJson,
  ConfidentialityLabelJson,
  IncidentFactsJson,
  IncidentJson,
  UpdateIncidentRequestJson,
} from '../gen/sokuo/v1/incident_pb'
import { FormDialog } from '../ui/dialog'
import { Select, TextField } from '../ui/field'
import { useAct } from './act'
import {
  DiscoveredAt,
  type FactsForm,
  fromFacts,
  PersonalInfoFields,
  Question,
  ReachFields,
  toFacts,
} from './facts_form'
import type { IncidentStore } from './store'
import { t } from './texts'

export interface EditForm extends FactsForm {
  title: string
  description: string
  occurredAt: string
  confidentialityLabel: ConfidentialityLabelJson
  integrityLevel: AssetLevelJson
  availabilityLevel: AssetLevelJson
  reason: string
}

export function formOf(incident: IncidentJson): EditForm {
  return {
    ...fromFacts(incident.facts),
    title: incident.title ?? '',
    description: incident.description ?? '',
    occurredAt: incident.occurredAt ? toInput(incident.occurredAt) : '',
    confidentialityLabel: incident.facts?.confidentialityLabel ?? 'CONFIDENTIALITY_LABEL_UNSPECIFIED',
    integrityLevel: incident.facts?.integrityLevel ?? 'ASSET_LEVEL_UNSPECIFIED',
    availabilityLevel: incident.facts?.availabilityLevel ?? 'ASSET_LEVEL_UNSPECIFIED',
    reason: '',
  }
}

function factsOf(form: EditForm): IncidentFactsJson {
  const { confidentialityLabel, integrityLevel, availabilityLevel } = form
  return { ...toFacts(form), confidentialityLabel, integrityLevel, availabilityLevel }
}

const snake = (name: string) => name.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`)

// Which fields differ between two forms, and their new values. A field that was not touched is never sent, so that it
// cannot undo what somebody else wrote meanwhile.
export function difference(
  before: EditForm,
  after: EditForm,
): Pick<UpdateIncidentRequestJson, 'updateMask' | 'facts' | 'title' | 'description' | 'occurredAt'> {
  const updateMask: string[] = []
  for (const name of ['title', 'description', 'occurredAt'] as const) {
    if (before[name] !== after[name]) updateMask.push(snake(name))
  }
  const was: Record<string, unknown> = { ...factsOf(before) }
  const now: Record<string, unknown> = { ...factsOf(after) }
  for (const name of new Set([...Object.keys(was), ...Object.keys(now)])) {
    if (JSON.stringify(was[name]) !== JSON.stringify(now[name])) updateMask.push(`facts.${snake(name)}`)
  }
  return {
    updateMask,
    title: after.title.trim(),
    description: after.description.trim(),
    occurredAt: fromInput(after.occurredAt),
    facts: factsOf(after),
  }
}

export function EditDialog({
  store,
  incident,
  onClose,
}: {
  store: IncidentStore
  incident: IncidentJson
  onClose: () => void
}) {
  const before = useMemo(() => formOf(incident), [incident])
  const draft = useDraft<EditForm>(`edit/${incident.id}/${incident.version}`, before)
  const form = draft.value.value
  const set = draft.set
  const change = difference(before, form)
  const act = useAct(store, () => {
    void draft.clear()
    onClose()
  })
  return (
    <FormDialog
      wide
      title={t.editTitle}
      submit={common.save}
      busy={act.busy}
      error={act.error}
      disabled={change.updateMask?.length === 0 || !form.title.trim()}
      onClose={onClose}
      onSubmit={() =>
        act.run(async (operationId, version) => {
          const request = { operationId, version, id: incident.id, ...change, reason: form.reason.trim() || undefined }
          return (await incidents.updateIncident(request)).incident
        })
      }
    >
      <TextField label={t.titleLabel} required maxLength={200} value={form.title} onInput={(title) => set({ title })} />
      <TextField
        label={t.description}
        rows={3}
        maxLength={10000}
        value={form.description}
        onInput={(description) => set({ description })}
      />
      <TextField
        label={t.occurredAt}
        type="datetime-local"
        value={form.occurredAt}
        onInput={(occurredAt) => set({ occurredAt })}
      />
      <DiscoveredAt form={form} set={set} />
      <Question form={form} set={set} name="place" label={t.place} max={200} />
      <Question form={form} set={set} name="finder" label={t.finderLabel} max={200} />
      <Question form={form} set={set} name="finderContact" label={t.finderContact} max={100} tel />
      <Question form={form} set={set} name="equipment" label={t.equipment} max={500} />
      <PersonalInfoFields form={form} set={set} />
      <Question form={form} set={set} name="measuresTaken" label={t.measuresLabel} rows={2} max={2000} />
      <ReachFields form={form} set={set} />
      <div class="grid">
        <Select
          label={t.confLabel}
          value={form.confidentialityLabel}
          options={confidentialityLabelName.all}
          name={confidentialityLabelName}
          onChange={(confidentialityLabel) => set({ confidentialityLabel })}
        />
        <Select
          label={t.integrity}
          value={form.integrityLevel}
          options={assetLevelName.all}
          name={assetLevelName}
          onChange={(integrityLevel) => set({ integrityLevel })}
        />
        <Select
          label={t.availability}
          value={form.availabilityLevel}
          options={assetLevelName.all}
          name={assetLevelName}
          onChange={(availabilityLevel) => set({ availabilityLevel })}
        />
      </div>
      <TextField label={common.reason} maxLength={1000} value={form.reason} onInput={(reason) => set({ reason })} />
    </FormDialog>
  )
}
