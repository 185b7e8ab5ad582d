// SPDX-License-Identifier: Apache-2.0
// The head of the incident page: number, title, severity, state, who commands, clocks.
import { confidentialityName, modeName, stateName } from '../base/labels'
import { t as common } from '../base/texts'
import type { IncidentJson, IncidentStateJson } from '../gen/sokuo/v1/incident_pb'
import { ModeMark, Severity, StateBadge, Unknown } from '../ui/badge'
import { Countdown, Time } from '../ui/time'
import { t } from './texts'
import { ruleName } from './words'

const WHOLE: IncidentStateJson[] = [
  'INCIDENT_STATE_INTAKE',
  'INCIDENT_STATE_TRIAGE',
  'INCIDENT_STATE_ACTIVATED',
  'INCIDENT_STATE_CONTAINMENT',
  'INCIDENT_STATE_ERADICATION',
  'INCIDENT_STATE_RECOVERY',
  'INCIDENT_STATE_MONITORING',
  'INCIDENT_STATE_CLOSED',
]
const LOCAL: IncidentStateJson[] = [
  'INCIDENT_STATE_INTAKE',
  'INCIDENT_STATE_TRIAGE',
  'INCIDENT_STATE_HANDLING_LOCAL',
  'INCIDENT_STATE_CLOSED',
]

const BEFORE_TRIAGE: unknown[] = ['INCIDENT_STATE_DETECTED', 'INCIDENT_STATE_INTAKE']

function ladderOf(state: IncidentStateJson): IncidentStateJson[] {
  if (state === 'INCIDENT_STATE_HANDLING_LOCAL') return LOCAL
  if (state === 'INCIDENT_STATE_DETECTED') return [state, ...WHOLE]
  if (state === 'INCIDENT_STATE_CLOSED_FALSE') return [...LOCAL.slice(0, 2), state]
  if (state === 'INCIDENT_STATE_REVIEW' || state === 'INCIDENT_STATE_ARCHIVED')
    return [...WHOLE, 'INCIDENT_STATE_REVIEW', 'INCIDENT_STATE_ARCHIVED']
  return WHOLE
}

function Ladder({ state }: { state: IncidentStateJson }) {
  const ladder = ladderOf(state)
  const here = ladder.indexOf(state)
  if (here < 0) return <StateBadge value={state} />
  return (
    <ol class="ladder" aria-label={t.ladder}>
      {ladder.map((step, i) => (
        <li key={step} class={i < here ? 'past' : ''} aria-current={i === here ? 'step' : undefined}>
          {i === here ? <StateBadge value={step} /> : stateName(step)}
        </li>
      ))}
    </ol>
  )
}

function Command({ incident }: { incident: IncidentJson }) {
  const { command, commander, commandedSince } = incident
  const acting = command?.capacity === 'CAPACITY_ACTING' ? common.acting : ''
  return (
    <div>
      <dt>{common.command}</dt>
      <dd>
        {commander?.name ? (
          <>
            {command?.postName ? `${command.postName}${acting} ${commander.name}` : commander.name + acting}{' '}
            {commandedSince && (
              <span class="quiet small">
                <Time at={commandedSince} /> {t.sinceTail}
              </span>
            )}
          </>
        ) : (
          <span class="unknown">{common.noCommander}</span>
        )}
      </dd>
    </div>
  )
}

export function IncidentHead({ incident }: { incident: IncidentJson }) {
  const real = (incident.mode ?? 'MODE_REAL') === 'MODE_REAL'
  return (
    <header class="head-of">
      <div class="row">
        <span class="num">
          <strong>{incident.number}</strong>
        </span>
        <Severity value={incident.severity} assessed={incident.severityAssessed ?? false} />
        {!real && <span class="exercise-mark">{modeName(incident.mode)}</span>}
        <span class="small quiet">
          {t.confidentiality}: {confidentialityName(incident.confidentiality)}
        </span>
      </div>
      <h1>
        <ModeMark mode={incident.mode} />
        {incident.title}
      </h1>
      <Ladder state={incident.state ?? 'INCIDENT_STATE_UNSPECIFIED'} />
      <dl class="line">
        <Command incident={incident} />
        <div>
          <dt>{t.handler}</dt>
          <dd>{incident.handler?.name ?? <span class="unknown">{common.noCommander}</span>}</dd>
        </div>
        {incident.triageDueAt && BEFORE_TRIAGE.includes(incident.state) && (
          <div>
            <dt>{t.triageDue}</dt>
            <dd>
              <Time at={incident.triageDueAt} /> <Countdown at={incident.triageDueAt} />
            </dd>
          </div>
        )}
        {incident.monitoringUntil && incident.state === 'INCIDENT_STATE_MONITORING' && (
          <div>
            <dt>{t.monitoringUntil}</dt>
            <dd>
              <Time at={incident.monitoringUntil} />
            </dd>
          </div>
        )}
        <div>
          <dt>{t.filedBy}</dt>
          <dd>
            {incident.filedBy?.personName || <Unknown />} <Time at={incident.filedAt} />
          </dd>
        </div>
      </dl>
      {(incident.severityRules?.length ?? 0) > 0 && (
        <p class="small">
          {t.rules}: {incident.severityRules?.map(ruleName).join('、')}
        </p>
      )}
      {incident.mergedIntoId && (
        <p class="note warn">
          {t.mergedNote} <a href={`/incident/${incident.mergedIntoId}`}>{t.openMerged}</a>
        </p>
      )}
    </header>
  )
}
