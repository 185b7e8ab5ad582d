// SPDX-License-Identifier: Apache-2.0
// The three panes of triage: queue, what is known, decision.
import { duration, jstFull, jstShort, secondsUntil, tick } from '../base/clock'
import { severityName, stateName, typeName, zoneName } from '../base/labels'
import type { IncidentJson, IncidentStateJson } from '../gen/sokuo/v1/incident_pb'
import type { IntakeItemJson } from '../gen/sokuo/v1/intake_pb'
import { changeName } from '../incident/words'
import { ModeMark, Severity, StateBadge, Unknown } from '../ui/badge'
import { Button } from '../ui/button'
import { Chips, Select, TextField } from '../ui/field'
import { lazy } from '../ui/lazy'
import { Empty } from '../ui/parts'
import type { Row } from './queue'
import * as desk from './store'
import { ruleName, t } from './texts'

const Fits = lazy(() => import('../playbook/start'))

function Age({ at }: { at: string }) {
  tick.value
  return <span class="num">{t.age(duration(secondsUntil(at)))}</span>
}

function QueueRow({ row }: { row: Row }) {
  const here = desk.cursorKey.value === row.key
  const chosen = desk.selected.value.has(row.key)
  return (
    <li class={`queue-row ${here ? 'here' : ''}`} data-key={row.key}>
      <input type="checkbox" aria-label={t.select(row.title)} checked={chosen} onChange={() => desk.toggle(row.key)} />
      <button type="button" aria-current={here ? 'true' : undefined} onClick={() => desk.stand(row.key)}>
        <span class="queue-line">
          <Severity value={row.severity} short />
          <Age at={row.at} />
          {row.count > 1 && <span class="num strong">{t.times(row.count)}</span>}
        </span>
        <span class="queue-title">
          <ModeMark mode={row.incident?.mode ?? row.item?.mode} />
          {row.title}
        </span>
        <span class="quiet small">
          {row.item ? t.item : t.incident}
          {row.incident?.number && ` ${row.incident.number}`}
          {row.source && ` · ${row.source}`}
          {row.item?.state === 'ITEM_STATE_RESOLVED' && ` · ${t.resolvedAtSource}`}
        </span>
      </button>
    </li>
  )
}

export function Queue() {
  const all = desk.rows.value ?? []
  return (
    <section class="pane queue" aria-label={t.queue}>
      {desk.news.value > 0 && (
        <Button class="news" onClick={() => void desk.load()}>
          {t.news(desk.news.value)}
        </Button>
      )}
      {desk.selected.value.size > 0 && (
        <p class="row spread">
          <strong>{t.selected(desk.selected.value.size)}</strong>
          <Button look="plain" onClick={() => (desk.selected.value = new Set())}>
            {t.selectNone}
          </Button>
        </p>
      )}
      {all.length === 0 ? (
        <Empty title={t.emptyQueue}>
          <p>{t.emptyQueueHint}</p>
        </Empty>
      ) : (
        <ul class="queue-list">
          {all.map((row) => (
            <QueueRow key={row.key} row={row} />
          ))}
        </ul>
      )}
    </section>
  )
}

function Fact({ name, children }: { name: string; children?: unknown }) {
  const empty = children === undefined || children === null || children === '' || children === false
  return (
    <div class="fact">
      <dt>{name}</dt>
      <dd>{empty ? <Unknown /> : (children as preact.ComponentChildren)}</dd>
    </div>
  )
}

function ItemFacts({ item }: { item: IntakeItemJson }) {
  return (
    <>
      {item.description && <p class="text">{item.description}</p>}
      <dl class="facts">
        <Fact name={t.source}>{item.integration?.name}</Fact>
        <Fact name={t.startedAt}>{item.startedAt && jstFull(item.startedAt)}</Fact>
        <Fact name={t.firstSeen}>{item.firstSeenAt && jstFull(item.firstSeenAt)}</Fact>
        <Fact name={t.lastSeen}>{item.lastSeenAt && jstFull(item.lastSeenAt)}</Fact>
      </dl>
      {(item.folded ?? 0) > 0 && <p class="note warn">{t.folded(item.folded ?? 0)}</p>}
      {(item.truncated ?? 0) > 0 && <p class="note warn">{t.truncated(item.truncated ?? 0)}</p>}
      {(item.labels ?? []).length > 0 && (
        <>
          <h3>{t.labels}</h3>
          <dl class="facts small">
            {item.labels?.map((label) => (
              <Fact key={label.name} name={label.name ?? ''}>
                {label.value}
              </Fact>
            ))}
          </dl>
        </>
      )}
    </>
  )
}

function IncidentFactsView({ incident }: { incident: IncidentJson }) {
  const facts = incident.facts
  const zones = facts?.zones?.map((zone) => zoneName(zone)).join('、')
  const whole = desk.whole.value
  const entries = whole && whole.incident.id === incident.id ? whole.entries : []
  return (
    <>
      <p class="text">{incident.description || <Unknown />}</p>
      <dl class="facts">
        <Fact name={t.filedBy}>
          {[incident.filedBy?.postName, incident.filedBy?.personName].filter(Boolean).join(' ')}
        </Fact>
        <Fact name={t.filed}>{incident.filedAt && jstFull(incident.filedAt)}</Fact>
        <Fact name={t.startedAt}>{incident.occurredAt && jstFull(incident.occurredAt)}</Fact>
        <Fact name={t.state}>
          <StateBadge value={incident.state} />
        </Fact>
        <Fact name={t.type}>{incident.incidentType && typeName(incident.incidentType)}</Fact>
        <Fact name={t.handler}>{incident.handler?.name}</Fact>
        <Fact name={t.zones}>{zones}</Fact>
      </dl>
      <ul class="last-entries small">
        {entries.map((entry) => (
          <li key={entry.id}>
            <time class="num">{entry.occurredAt && jstShort(entry.occurredAt)}</time>{' '}
            {entry.text || changeName(entry.changeKind ?? '')}
          </li>
        ))}
      </ul>
    </>
  )
}

export function Detail() {
  const row = desk.current.value
  if (!row) {
    return (
      <section class="pane detail" aria-label={t.facts}>
        <Empty title={t.pick}>
          <p>{t.pickHint}</p>
        </Empty>
      </section>
    )
  }
  const whole = desk.whole.value
  const incident = whole && whole.incident.id === row.id ? whole.incident : row.incident
  return (
    <section class="pane detail stack" aria-label={t.facts}>
      <h2>
        <ModeMark mode={row.incident?.mode ?? row.item?.mode} />
        {row.title}
      </h2>
      {row.item && <ItemFacts item={row.item} />}
      {incident && (
        <>
          <IncidentFactsView incident={incident} />
          <a class="button" href={`/incident/${incident.number}`}>
            {t.openPage} <span class="num">{incident.number}</span>
          </a>
        </>
      )}
    </section>
  )
}

const NEXT: readonly IncidentStateJson[] = [
  'INCIDENT_STATE_TRIAGE',
  'INCIDENT_STATE_HANDLING_LOCAL',
  'INCIDENT_STATE_ACTIVATED',
  'INCIDENT_STATE_CLOSED_FALSE',
]

function Rules({ incident }: { incident: IncidentJson | undefined }) {
  const rules = incident?.severityRules ?? []
  if (rules.length === 0) return null
  return (
    <div class="small">
      <p class="quiet">{t.raisedBy}</p>
      <ul class="rules">
        {rules.map((rule) => (
          <li key={rule}>{ruleName(rule)}</li>
        ))}
      </ul>
    </div>
  )
}

export function Proposal() {
  const chosen = desk.targets.value
  const made = desk.decision.value
  const items = chosen.filter((row) => row.item).length
  const reports = chosen.length - items
  if (chosen.length === 0) return <section class="pane proposal" aria-label={t.proposal} />
  return (
    <section class="pane proposal stack" aria-label={t.proposal}>
      <h2>
        {t.proposal}
        {chosen.length > 1 && ` (${t.selected(chosen.length)})`}
      </h2>
      <div id="desk-type">
        <Select
          label={t.type}
          value={made.type}
          options={typeName.all}
          name={typeName}
          onChange={(type) => desk.change({ type })}
        />
      </div>
      <div class="field">
        <p class="head">{t.severity}</p>
        <Chips
          label={t.severity}
          single
          dense
          options={severityName.keys}
          name={(value) => `${value.slice(-2)} ${severityName(value)}`}
          value={[made.severity]}
          onChange={([severity]) => desk.change({ severity: severity ?? 'SEVERITY_UNSPECIFIED' })}
        />
      </div>
      {chosen.length === 1 && <Rules incident={chosen[0]?.incident} />}
      {chosen.length === 1 && chosen[0]?.incident && (
        <Fits key={chosen[0].id} incident={chosen[0].incident} type={chosen[0].incident.incidentType} />
      )}
      {reports > 0 && <ReportDecision />}
      {items > 0 && (
        <TextField
          label={t.attach}
          hint={t.attachHint}
          value={made.attachTo}
          onInput={(attachTo) => desk.change({ attachTo })}
        />
      )}
      <TextField
        label={t.reason}
        value={made.reason}
        error={desk.lowers.value && !made.reason.trim() ? t.reasonNeeded : undefined}
        onInput={(reason) => desk.change({ reason })}
      />
      {reports > 0 && (
        <Button look="primary" busy={desk.busy.value} onClick={() => void desk.decide()}>
          {t.decide} <kbd>Enter</kbd>
        </Button>
      )}
      {items > 0 && (
        <>
          <Button look={reports > 0 ? 'normal' : 'primary'} busy={desk.busy.value} onClick={() => void desk.promote()}>
            {t.promote} <kbd>P</kbd>
          </Button>
          <Button busy={desk.busy.value} onClick={() => void desk.dismiss()}>
            {t.dismiss} <kbd>D</kbd>
          </Button>
        </>
      )}
    </section>
  )
}

function ReportDecision() {
  const made = desk.decision.value
  return (
    <>
      <Select
        label={t.next}
        value={made.next}
        options={NEXT}
        name={stateName}
        onChange={(next) => desk.change({ next })}
      />
      <label class="check">
        <input type="checkbox" checked={made.takeOver} onChange={() => desk.change({ takeOver: !made.takeOver })} />
        {t.takeOver} <kbd>A</kbd>
      </label>
    </>
  )
}
