// SPDX-License-Identifier: Apache-2.0
// Filing an incident in under a minute: seven questions, each may be 「不明」, one line is enough.
import { useEffect, useState } from 'preact/hooks'
import { useTitle } from '../base/bar'
import { fromInput } from '../base/clock'
import { useDraft } from '../base/drafts'
import { modeName, typeName } from '../base/labels'
import { outboxAdd } from '../base/outbox'
import { navigate } from '../base/router'
import { me } from '../base/session'
import { t as common } from '../base/texts'
import type { ModeJson } from '../gen/sokuo/v1/common_pb'
import type { FileIncidentRequestJson, IncidentTypeJson } from '../gen/sokuo/v1/incident_pb'
import { Button } from '../ui/button'
import { Chips, Select, TextField } from '../ui/field'
import { Loading } from '../ui/parts'
import { exampleOf, exampleTypes } from './examples'
import { DiscoveredAt, type FactsForm, noFacts, PersonalInfoFields, Question, ReachFields, toFacts } from './facts_form'
import { t } from './texts'
import './filed' // comes along: it must be there when the network is gone
import './incident.css'

export interface FileForm extends FactsForm {
  title: string
  description: string
  incidentType: IncidentTypeJson | ''
  occurredAt: string
  mode: ModeJson
}

export function emptyForm(): FileForm {
  const person = me.peek()
  return {
    ...noFacts,
    finder: [person?.section?.name, person?.person?.name].filter(Boolean).join(' '),
    title: '',
    description: '',
    incidentType: '',
    occurredAt: '',
    mode: 'MODE_REAL',
  }
}

export function requestOf(form: FileForm): Omit<FileIncidentRequestJson, 'operationId'> {
  return {
    title: form.title.trim(),
    description: form.description.trim() || undefined,
    incidentType: form.incidentType || undefined,
    occurredAt: fromInput(form.occurredAt),
    mode: form.mode,
    facts: toFacts(form),
  }
}

function TypeQuestion({ form, set }: { form: FileForm; set: (change: Partial<FileForm>) => void }) {
  const other = form.incidentType !== '' && !exampleTypes.includes(form.incidentType)
  const dontKnow = form.incidentType === 'INCIDENT_TYPE_UNSPECIFIED'
  return (
    <div class="field">
      <div class="head">
        <span>{t.likeWhich}</span>
        <button
          type="button"
          class="toggle"
          aria-pressed={dontKnow}
          onClick={() => set({ incidentType: dontKnow ? '' : 'INCIDENT_TYPE_UNSPECIFIED' })}
        >
          {t.dontKnow}
        </button>
      </div>
      <Chips
        label={t.likeWhich}
        single
        options={exampleTypes}
        name={exampleOf}
        value={form.incidentType ? [form.incidentType] : []}
        onChange={([incidentType]) => set({ incidentType: incidentType ?? '' })}
      />
      <Select
        label={<span class="mark">{t.otherType}</span>}
        value={other && !dontKnow ? form.incidentType || 'INCIDENT_TYPE_UNSPECIFIED' : 'INCIDENT_TYPE_UNSPECIFIED'}
        options={typeName.all}
        name={(type) => (type === 'INCIDENT_TYPE_UNSPECIFIED' ? '—' : typeName(type))}
        onChange={(incidentType) => set({ incidentType })}
      />
    </div>
  )
}

export default function FileIncident() {
  useTitle(t.fileTitle)
  const draft = useDraft<FileForm>('file', emptyForm())
  const [missing, setMissing] = useState(false)
  const [busy, setBusy] = useState(false)
  const form = draft.value.value
  const set = draft.set
  const drill = form.mode === 'MODE_EXERCISE'

  useEffect(() => {
    document.documentElement.dataset.mode = drill ? 'exercise' : 'real'
    return () => {
      document.documentElement.dataset.mode = 'real'
    }
  }, [drill])

  const submit = async () => {
    if (busy) return
    if (!form.title.trim()) {
      setMissing(true)
      document.querySelector<HTMLElement>('.file [required]')?.focus()
      return
    }
    setBusy(true)
    const item = await outboxAdd('fileIncident', requestOf(form) as Record<string, unknown>, { form })
    await draft.clear()
    navigate(`/filed/${item.operationId}`, 'replace')
    scrollTo(0, 0)
  }

  if (!draft.ready.value) return <Loading />
  return (
    <form
      class="page narrow stack file"
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        void submit()
      }}
    >
      <h1>
        {drill && `【${common.exercise}】`}
        {t.fileTitle}
      </h1>
      <p>{t.fileLead}</p>
      {draft.restored.value && (
        <div class="note row spread">
          {common.restored}
          <Button look="plain" onClick={() => void draft.clear()}>
            {common.discard}
          </Button>
        </div>
      )}
      <TextField
        label={t.what}
        hint={t.whatHint}
        required
        maxLength={200}
        value={form.title}
        error={missing && !form.title.trim() ? t.whatMissing : undefined}
        onInput={(title) => set({ title })}
      />
      <TypeQuestion form={form} set={set} />
      <TextField
        label={t.more}
        hint={t.moreHint}
        rows={3}
        maxLength={10000}
        value={form.description}
        onInput={(description) => set({ description })}
      />
      <DiscoveredAt form={form} set={set} />
      <Question form={form} set={set} name="place" label={t.place} hint={t.placeHint} max={200} />
      <Question form={form} set={set} name="finder" label={t.finder} max={200} />
      <Question form={form} set={set} name="finderContact" label={t.finderContact} max={100} tel />
      <Question form={form} set={set} name="equipment" label={t.equipment} hint={t.equipmentHint} max={500} />
      <PersonalInfoFields form={form} set={set} />
      <Question
        form={form}
        set={set}
        name="measuresTaken"
        label={t.measures}
        hint={t.measuresHint}
        rows={2}
        max={2000}
      />
      <details class="more">
        <summary>{t.details}</summary>
        <div class="stack">
          <TextField
            label={t.occurred}
            type="datetime-local"
            value={form.occurredAt}
            onInput={(occurredAt) => set({ occurredAt })}
          />
          <ReachFields form={form} set={set} />
          <Select
            label={t.mode}
            hint={t.modeHint}
            value={form.mode}
            options={['MODE_REAL', 'MODE_EXERCISE', 'MODE_TEST']}
            name={modeName}
            onChange={(mode) => set({ mode })}
          />
        </div>
      </details>
      <div class="thumb">
        <Button look="primary" type="submit" busy={busy}>
          {drill ? t.sendDrill : t.send}
        </Button>
      </div>
    </form>
  )
}
