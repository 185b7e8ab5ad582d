// SPDX-License-Identifier: Apache-2.0
// The facts of an incident as a person types them: when filing, and when adding what became known.

import { useEffect } from 'preact/hooks'
import { cityNeeded, sectionChoices, systemChoices } from '../base/city'
import { fromInput, serverNow, toInput } from '../base/clock'
import { findingChoice, spreadName, zoneName } from '../base/labels'
import { t as common } from '../base/texts'
import type {
  FindingJson,
  IncidentFactsJson,
  NetworkZoneJson,
  PersonalInfoJson,
  SpreadJson,
} from '../gen/sokuo/v1/incident_pb'
import { Button } from '../ui/button'
import { Chips, Field, TextField, UnknownToggle } from '../ui/field'
import { Picks } from '../ui/picks'
import { t } from './texts'

type Found = FindingJson | ''
export interface FactsForm {
  discoveredAt: string
  place: string
  finder: string
  finderContact: string
  equipment: string
  measuresTaken: string
  citizenImpact: string
  spread: SpreadJson | ''
  zones: NetworkZoneJson[]
  systemIds: string[]
  sectionIds: string[]
  involved: Found
  knownCount: string
  maxCount: string
  specialCare: Found
  propertyDamage: Found
  maliciousIntent: Found
  myNumber: Found
  source: string
  // Questions answered with 「不明」 by a press: what was typed stays, but is not sent.
  unknown: string[]
}

export const noFacts: FactsForm = {
  discoveredAt: '',
  place: '',
  finder: '',
  finderContact: '',
  equipment: '',
  measuresTaken: '',
  citizenImpact: '',
  spread: '',
  zones: [],
  systemIds: [],
  sectionIds: [],
  involved: '',
  knownCount: '',
  maxCount: '',
  specialCare: '',
  propertyDamage: '',
  maliciousIntent: '',
  myNumber: '',
  source: '',
  unknown: [],
}

// A count as people type it: full-width digits, 「71人」, 1,300.
export function countOf(text: string): string | undefined {
  const digits = text.normalize('NFKC').replace(/[^\d]/g, '')
  return digits === '' ? undefined : String(BigInt(digits.slice(0, 15)))
}

function personalInfo(form: FactsForm): PersonalInfoJson | undefined {
  if (form.unknown.includes('personal')) return undefined
  const about: PersonalInfoJson = { involved: form.involved || undefined }
  if (form.involved === 'FINDING_SUSPECTED' || form.involved === 'FINDING_CONFIRMED') {
    about.knownCount = countOf(form.knownCount)
    about.maxCount = countOf(form.maxCount)
    about.specialCare = form.specialCare || undefined
    about.propertyDamage = form.propertyDamage || undefined
    about.maliciousIntent = form.maliciousIntent || undefined
    about.myNumber = form.myNumber || undefined
    about.source = form.source || undefined
  }
  return Object.values(about).some(Boolean) ? about : undefined
}

// What is sent: an empty answer and 「不明」 are left out.
export function toFacts(form: FactsForm): IncidentFactsJson {
  const known = (name: keyof FactsForm) =>
    form.unknown.includes(name) ? undefined : (form[name] as string).trim() || undefined
  const some = <T,>(list: T[]) => (list.length ? list : undefined)
  return {
    discoveredAt: form.unknown.includes('discoveredAt') ? undefined : fromInput(form.discoveredAt),
    place: known('place'),
    finder: known('finder'),
    finderContact: known('finderContact'),
    equipment: known('equipment'),
    measuresTaken: known('measuresTaken'),
    citizenImpact: known('citizenImpact'),
    spread: form.spread || undefined,
    zones: some(form.zones),
    systemIds: some(form.systemIds),
    sectionIds: some(form.sectionIds),
    personalInfo: personalInfo(form),
  }
}

const found = (value: FindingJson | undefined): Found => (value === 'FINDING_UNSPECIFIED' ? '' : (value ?? ''))

export function fromFacts(facts: IncidentFactsJson = {}): FactsForm {
  const about = facts.personalInfo ?? {}
  return {
    ...noFacts,
    discoveredAt: facts.discoveredAt ? toInput(facts.discoveredAt) : '',
    place: facts.place ?? '',
    finder: facts.finder ?? '',
    finderContact: facts.finderContact ?? '',
    equipment: facts.equipment ?? '',
    measuresTaken: facts.measuresTaken ?? '',
    citizenImpact: facts.citizenImpact ?? '',
    spread: facts.spread === 'SPREAD_UNSPECIFIED' ? '' : (facts.spread ?? ''),
    zones: facts.zones ?? [],
    systemIds: facts.systemIds ?? [],
    sectionIds: facts.sectionIds ?? [],
    involved: found(about.involved),
    knownCount: about.knownCount ?? '',
    maxCount: about.maxCount ?? '',
    specialCare: found(about.specialCare),
    propertyDamage: found(about.propertyDamage),
    maliciousIntent: found(about.maliciousIntent),
    myNumber: found(about.myNumber),
    source: about.source ?? '',
  }
}

export interface FormProps {
  form: FactsForm
  set: (change: Partial<FactsForm>) => void
}

type TextKey = 'place' | 'finder' | 'finderContact' | 'equipment' | 'measuresTaken' | 'citizenImpact' | 'discoveredAt'

// One question in text, with its 「不明」.
export function Question(
  props: FormProps & { name: TextKey; label: string; hint?: string; rows?: number; max: number; tel?: boolean },
) {
  const { form, set, name } = props
  return (
    <TextField
      label={props.label}
      hint={props.hint}
      rows={props.rows}
      maxLength={props.max}
      type={props.tel ? 'tel' : 'text'}
      value={form[name]}
      onInput={(value) => set({ [name]: value })}
      unknown={form.unknown.includes(name)}
      onUnknown={(on) => set({ unknown: toggled(form.unknown, name, on) })}
    />
  )
}

export function toggled(list: string[], name: string, on: boolean): string[] {
  const rest = list.filter((one) => one !== name)
  return on ? [...rest, name] : rest
}

export function DiscoveredAt({ form, set }: FormProps) {
  const off = form.unknown.includes('discoveredAt')
  return (
    <Field
      label={t.discovered}
      unknown={off}
      onUnknown={(on) => set({ unknown: toggled(form.unknown, 'discoveredAt', on) })}
    >
      {(tie) => (
        <div class="when">
          <input
            {...tie}
            type="datetime-local"
            class="input"
            value={form.discoveredAt}
            onInput={(event) => set({ discoveredAt: event.currentTarget.value })}
          />
          <Button disabled={off} onClick={() => set({ discoveredAt: toInput(serverNow()) })}>
            {t.justNow}
          </Button>
        </div>
      )}
    </Field>
  )
}

const ASKED = ['myNumber', 'specialCare', 'propertyDamage', 'maliciousIntent'] as const

// Personal information: whether, how many known and at most, and what makes it worse.
export function PersonalInfoFields({ form, set }: FormProps) {
  const off = form.unknown.includes('personal')
  const asks = !off && (form.involved === 'FINDING_SUSPECTED' || form.involved === 'FINDING_CONFIRMED')
  const finding = (name: 'involved' | (typeof ASKED)[number], label: string) => (
    <div class="field">
      <div class="head">
        <span>{label}</span>
        {name === 'involved' && (
          <UnknownToggle
            label={label}
            on={off}
            onChange={(on) => set({ unknown: toggled(form.unknown, 'personal', on) })}
          />
        )}
      </div>
      <Chips
        label={label}
        single
        options={findingChoice.keys}
        name={findingChoice}
        value={form[name] && !off ? [form[name]] : []}
        onChange={([value]) => set({ [name]: value ?? '', unknown: toggled(form.unknown, 'personal', false) })}
      />
    </div>
  )
  const count = (name: 'knownCount' | 'maxCount', label: string) => (
    <TextField
      label={label}
      value={form[name]}
      onInput={(value) => set({ [name]: value })}
      inputMode="numeric"
      maxLength={15}
      placeholder={common.unknown}
    />
  )
  return (
    <div class="stack">
      {finding('involved', t.personal)}
      {asks && (
        <div class="stack nested">
          <p class="small quiet">{t.countHint}</p>
          <div class="pair">
            {count('knownCount', t.knownCount)}
            {count('maxCount', t.maxCount)}
          </div>
          <TextField
            label={t.source}
            hint={t.sourceHint}
            value={form.source}
            maxLength={300}
            onInput={(source) => set({ source })}
          />
          {ASKED.map((name) => (
            <div key={name}>{finding(name, t[name])}</div>
          ))}
        </div>
      )}
    </div>
  )
}

// Networks, systems, sections, spread: what the person may know besides.
export function ReachFields({ form, set }: FormProps) {
  useEffect(cityNeeded, [])
  return (
    <div class="stack">
      <div class="field">
        <div class="head">{t.zones}</div>
        <Chips
          label={t.zones}
          options={zoneName.keys}
          name={zoneName}
          value={form.zones}
          onChange={(zones) => set({ zones })}
        />
      </div>
      <Picks
        label={t.systems}
        choices={systemChoices.value}
        value={form.systemIds}
        onChange={(systemIds) => set({ systemIds })}
      />
      <Picks
        label={t.sections}
        choices={sectionChoices.value}
        value={form.sectionIds}
        onChange={(sectionIds) => set({ sectionIds })}
      />
      <div class="field">
        <div class="head">{t.spread}</div>
        <Chips
          label={t.spread}
          single
          options={spreadName.keys}
          name={spreadName}
          value={form.spread ? [form.spread] : []}
          onChange={([spread]) => set({ spread: spread ?? '' })}
        />
      </div>
      <Question form={form} set={set} name="citizenImpact" label={t.citizenImpact} rows={2} max={1000} />
    </div>
  )
}
