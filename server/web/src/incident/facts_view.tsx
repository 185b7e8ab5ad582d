// SPDX-License-Identifier: Apache-2.0
// What is known of the incident. What is not known has a face, too.
import type { ComponentChildren } from 'preact'
import {
  assetLevelName,
  confidentialityLabelName,
  findingName,
  linkName,
  spreadName,
  stateName,
  threatGroupName,
  typeName,
  zoneName,
} from '../base/labels'
import type { IncidentJson, PersonalInfoJson } from '../gen/sokuo/v1/incident_pb'
import { Unknown } from '../ui/badge'
import { Time } from '../ui/time'
import { t } from './texts'
import { fieldName } from './words'

function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  const empty = children === undefined || children === null || children === '' || children === false
  return (
    <div>
      <dt>{name}</dt>
      <dd>{empty ? <Unknown /> : children}</dd>
    </div>
  )
}

const count = (value: string | undefined) =>
  value === undefined ? t.unknownCount : Number(value).toLocaleString('ja-JP')
const isKnown = (value: string | undefined) => value !== undefined && !value.endsWith('_UNSPECIFIED')

function Personal({ about }: { about: PersonalInfoJson | undefined }) {
  if (!about || !isKnown(about.involved)) return <Unknown />
  const worse = (['myNumber', 'specialCare', 'propertyDamage', 'maliciousIntent'] as const).filter((name) =>
    isKnown(about[name]),
  )
  return (
    <>
      {findingName(about.involved)}
      {about.involved !== 'FINDING_NO' && <div>{t.persons(count(about.knownCount), count(about.maxCount))}</div>}
      {worse.map((name) => (
        <div key={name} class="small">
          {t[name]}: {findingName(about[name])}
        </div>
      ))}
      {about.source && <div class="small quiet">{about.source}</div>}
    </>
  )
}

function names(list: readonly (string | undefined)[] | undefined): string | undefined {
  return list?.length ? list.join('、') : undefined
}

export function Facts({ incident }: { incident: IncidentJson }) {
  const facts = incident.facts ?? {}
  const labels = [
    isKnown(facts.confidentialityLabel) && `${t.confLabel} ${confidentialityLabelName(facts.confidentialityLabel)}`,
    isKnown(facts.integrityLevel) && `${t.integrity} ${assetLevelName(facts.integrityLevel)}`,
    isKnown(facts.availabilityLevel) && `${t.availability} ${assetLevelName(facts.availabilityLevel)}`,
  ].filter(Boolean)
  return (
    <dl class="facts">
      <Fact name={t.type}>
        {isKnown(incident.incidentType) && (
          <>
            {typeName(incident.incidentType)}
            {isKnown(incident.threatGroup) && <span class="small quiet"> {threatGroupName(incident.threatGroup)}</span>}
          </>
        )}
      </Fact>
      {(incident.secondaryTypes?.length ?? 0) > 0 && (
        <Fact name={t.secondary}>{names(incident.secondaryTypes?.map(typeName))}</Fact>
      )}
      <Fact name={t.description}>{incident.description && <span class="pre">{incident.description}</span>}</Fact>
      <Fact name={t.occurredAt}>{incident.occurredAt && <Time at={incident.occurredAt} full />}</Fact>
      <Fact name={t.discoveredAt}>{facts.discoveredAt && <Time at={facts.discoveredAt} full />}</Fact>
      <Fact name={t.place}>{facts.place}</Fact>
      <Fact name={t.finderLabel}>{[facts.finder, facts.finderContact].filter(Boolean).join(' ☎ ')}</Fact>
      <Fact name={t.equipment}>{facts.equipment}</Fact>
      <Fact name={t.personalLabel}>
        <Personal about={facts.personalInfo} />
      </Fact>
      <Fact name={t.measuresLabel}>{facts.measuresTaken && <span class="pre">{facts.measuresTaken}</span>}</Fact>
      <Fact name={t.zones}>{names(facts.zones?.map(zoneName))}</Fact>
      <Fact name={t.systems}>{names(incident.systems?.map((one) => one.name))}</Fact>
      <Fact name={t.sections}>{names(incident.sections?.map((one) => one.name))}</Fact>
      <Fact name={fieldName('facts.spread')}>{isKnown(facts.spread) && spreadName(facts.spread)}</Fact>
      <Fact name={t.citizenImpact}>{facts.citizenImpact && <span class="pre">{facts.citizenImpact}</span>}</Fact>
      <Fact name={t.labels}>{labels.join(' / ')}</Fact>
    </dl>
  )
}

export function Links({ incident }: { incident: IncidentJson }) {
  if (!incident.links?.length) return <p class="quiet">{t.noLinks}</p>
  return (
    <ul class="list">
      {incident.links.map((link) => (
        <li key={`${link.kind}/${link.incidentId}`}>
          <a class="item" href={`/incident/${link.number}`}>
            <span class="small quiet">
              {linkName(link.kind)} · {link.number} · {stateName(link.state)}
            </span>
            <span class="title">{link.title}</span>
          </a>
        </li>
      ))}
    </ul>
  )
}
