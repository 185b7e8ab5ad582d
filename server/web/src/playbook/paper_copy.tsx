// SPDX-License-Identifier: Apache-2.0
// One numbered copy on paper: head with a QR code of its page, steps with boxes for time and name, decisions, contacts.
import { jstFull, jstShort } from '../base/clock'
import { phaseName, roleName } from '../base/labels'
import { pageOf } from '../base/page_foot'
import type { PlaybookJson, PlaybookStepJson, RunJson, RunStepJson } from '../gen/sokuo/v1/playbook_pb'
import { ModeMark } from '../ui/badge'
import { Qr } from '../ui/qr'
import type { Contact } from './contacts'
import { byPerson, type CopyOf } from './copies'
import { p } from './plan_texts'
import { DecisionTable, Legend, Lines, PlanStep, planGroups } from './plan_view'
import { t } from './texts'
import { flagsOf, say, targetText, unitOf } from './words'

export interface PackProps {
  plan: PlaybookJson
  version: string
  // The QR code of the plan's page.
  qr: string
  // Due times and places of a plan under way, by step number.
  run?: RunJson
  under?: Map<string, RunStepJson>
}

function StepTable({ steps, under }: { steps: readonly PlaybookStepJson[]; under?: Map<string, RunStepJson> }) {
  return (
    <table class="paper-steps">
      <thead>
        <tr>
          <th scope="col">{p.no}</th>
          <th scope="col">{p.what}</th>
          <th scope="col">{p.role}</th>
          <th scope="col">{under ? p.due : p.target}</th>
          <th scope="col">{p.time}</th>
          <th scope="col">{p.doneBy}</th>
        </tr>
      </thead>
      {planGroups(steps).map((group) => (
        <tbody key={group.key}>
          <tr class="phase-row">
            <th colSpan={6} scope="colgroup">
              {phaseName(group.phase)} {group.fragment && p.fragment(group.fragment)}
            </th>
          </tr>
          {group.steps.map((step) => (
            <StepRows key={step.no} step={step} one={under?.get(step.no ?? '')} />
          ))}
        </tbody>
      ))}
    </table>
  )
}

// The places of a step by name; of many, how many there are.
function placesOf(one: RunStepJson | undefined): string {
  const names = (one?.places ?? []).map((other) => other.place?.name || t.unknownPlace)
  const { done = 0, total = 0 } = one?.progress ?? {}
  return names.length === total ? names.join('・') : `${t.of(done, total, unitOf(one?.step))} ${t.done}`
}

function StepRows({ step, one }: { step: PlaybookStepJson; one: RunStepJson | undefined }) {
  const place = one?.places?.length === 1 ? one.places[0] : undefined
  const many = (one?.progress?.total ?? 0) > 1
  return (
    <tr>
      <td class="num">
        <strong>{step.no}</strong>
        {flagsOf(step)}
      </td>
      <td>
        <PlanStep step={step} chosen={place?.chosenOption} />
        {many && (
          <p class="small">
            {p.place}: {placesOf(one)}
          </p>
        )}
      </td>
      <td>{roleName(step.role)}</td>
      <td class="num">{one?.dueAt ? jstShort(one.dueAt) : targetText(step.targetMin, step.origin)}</td>
      <td class="box num">{place?.doneAt ? jstShort(place.doneAt) : ''}</td>
      <td class="box">{place?.doneAt ? place.personName : ''}</td>
    </tr>
  )
}

function Contacts({ list }: { list: Contact[] }) {
  if (list.length === 0) return null
  return (
    <section class="paper-contacts">
      <h2>{p.contacts}</h2>
      <table class="grid-table">
        <thead>
          <tr>
            <th scope="col">{p.role}</th>
            <th scope="col">{p.post}</th>
            <th scope="col">{p.person}</th>
            <th scope="col">{p.phone}</th>
          </tr>
        </thead>
        <tbody>
          {byPerson(list).map((one, i) => (
            <tr key={i}>
              <td>{one.roles.map((role) => roleName(role)).join('・')}</td>
              <td>{one.post}</td>
              <td class="num">{one.person}</td>
              <td class="num">{one.phones.join(' / ') || p.noPhone}</td>
            </tr>
          ))}
          {[0, 1].map((blank) => (
            <tr key={`blank${blank}`} class="blank">
              <td>{blank === 0 ? p.contactsMore : ''}</td>
              <td />
              <td />
              <td />
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

interface CopyProps extends PackProps {
  copy: CopyOf
  // From 0.
  index: number
  of: number
  contacts: Contact[]
  classText: string
}

function Head({ plan, version, qr, run, copy, index, of, classText }: CopyProps) {
  const whole = copy.steps.length === (plan.steps?.length ?? 0)
  return (
    <header class="paper-head">
      {qr && (
        <figure class="paper-qr">
          <Qr svg={qr} alt={p.qr} size={96} />
          <figcaption>{p.qr}</figcaption>
        </figure>
      )}
      <p class="row">
        <strong>{classText}</strong>
        <span>
          {p.copy(index + 1, of)} {p.holder}: <span class="holder">{copy.holder || '＿＿＿＿＿＿＿＿'}</span>
        </span>
      </p>
      <h1>
        {run && <ModeMark mode={run.mode} />}
        {plan.code} {say(plan.title)}
      </h1>
      <p class="row">
        <span>
          {p.version} {version}
        </span>
        {run ? (
          <span>
            {p.incident} {run.incidentNumber} {run.incidentTitle}{' '}
            <span class="num">T0 {run.t0 && jstFull(run.t0).slice(0, 16)}</span>
          </span>
        ) : (
          <span>{p.recordTime}</span>
        )}
      </p>
      {whole && <p>{say(plan.summary)}</p>}
      <p class="small">{p.paperHow}</p>
      <Legend targets={!run} />
    </header>
  )
}

export function Copy(props: CopyProps) {
  const { plan, copy, index, under, contacts } = props
  const whole = copy.steps.length === (plan.steps?.length ?? 0)
  return (
    <article class="paper-copy" style={{ page: pageOf(index) }}>
      <Head {...props} />
      <StepTable steps={copy.steps} under={under} />
      {whole && (
        <div class="plan-heads">
          <Lines title={p.triggers} words={plan.triggers} />
          <Lines title={p.evidence} words={plan.evidence} />
          <Lines title={p.notices} words={plan.notices} />
          <Lines title={p.closing} words={plan.closing} />
        </div>
      )}
      <DecisionTable plan={{ ...plan, steps: copy.steps }} />
      <Contacts list={contacts} />
    </article>
  )
}
