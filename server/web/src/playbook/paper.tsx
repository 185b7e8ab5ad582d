// SPDX-License-Identifier: Apache-2.0
// Plans on paper: numbered copies for their holders, steps with boxes for time and name, decisions, contacts. The same
// numbers as on the screen.
import { useEffect, useMemo, useState } from 'preact/hooks'
import { useTitle } from '../base/bar'
import { jstFull, jstShort, serverNow } from '../base/clock'
import { useDraft } from '../base/drafts'
import { phaseName, roleName } from '../base/labels'
import { me } from '../base/session'
import type { RoleJson } from '../gen/sokuo/v1/options_pb'
import type { PlaybookJson, PlaybookStepJson, RunJson, RunStepJson } from '../gen/sokuo/v1/playbook_pb'
import { ModeMark } from '../ui/badge'
import { Button } from '../ui/button'
import { Select, TextField } from '../ui/field'
import { Loading } from '../ui/parts'
import { ErrorNote } from '../ui/toast'
import { type Contact, contactsOf } from './contacts'
import { usePageFoot } from './page_foot'
import './paper.css'
import { p } from './plan_texts'
import { DecisionTable, Legend, Lines, PlanStep, planGroups } from './plan_view'
import { useRun } from './run_store'
import { playbooks } from './services'
import { t } from './texts'
import { flagsOf, say, targetText } from './words'

interface PackProps {
  plan: PlaybookJson
  version: string
  // Due times and places of a plan under way, by step number.
  run?: RunJson
  under?: Map<string, RunStepJson>
}

const allRoles = (plan: PlaybookJson) => [
  ...new Set((plan.steps ?? []).flatMap((step) => (step.role ? [step.role] : []))),
]

// The contacts that the printed steps need: who does them, and whom to call.
function rolesToCall(steps: readonly PlaybookStepJson[]): RoleJson[] {
  return steps.flatMap((step) => [...(step.role ? [step.role] : []), ...(step.call ?? [])])
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
        <PlanStep step={step} />
        {many && (
          <p class="small">
            {p.place}: {(one?.places ?? []).map((other) => other.place?.name || t.unknownPlace).join('・')}
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
          {list.map((one, i) => (
            <tr key={i}>
              <td>{roleName(one.role)}</td>
              <td>{one.post}</td>
              <td>{one.person}</td>
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
  steps: PlaybookStepJson[]
  holder: string
  number: number
  of: number
  contacts: Contact[]
  classText: string
}

function Copy({ plan, version, run, under, steps, holder, number, of, contacts, classText }: CopyProps) {
  const whole = steps.length === (plan.steps?.length ?? 0)
  return (
    <article class="paper-copy">
      <header class="paper-head">
        <p class="row spread">
          <strong>{classText}</strong>
          <span>
            {p.copy(number, of)} {p.holder}: <span class="holder">{holder || '＿＿＿＿＿＿＿＿'}</span>
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
              {p.incident} {run.incidentNumber} {run.incidentTitle} T0 {run.t0 && jstFull(run.t0).slice(0, 16)}
            </span>
          ) : (
            <span>{p.recordTime}</span>
          )}
        </p>
        {whole && <p>{say(plan.summary)}</p>}
        <p class="small">{p.paperHow}</p>
        <Legend targets={!run} />
      </header>
      <StepTable steps={steps} under={under} />
      {whole && (
        <div class="plan-heads">
          <Lines title={p.triggers} words={plan.triggers} />
          <Lines title={p.evidence} words={plan.evidence} />
          <Lines title={p.notices} words={plan.notices} />
          <Lines title={p.closing} words={plan.closing} />
        </div>
      )}
      <DecisionTable plan={{ ...plan, steps }} />
      <Contacts list={contacts} />
    </article>
  )
}

function Pack(props: PackProps) {
  const { plan, version } = props
  const draft = useDraft('paper', { holders: '', classText: p.classDefault as string })
  const form = draft.value.value
  const roles = useMemo(() => allRoles(plan), [plan])
  const [role, setRole] = useState<RoleJson | 'ALL'>('ALL')
  const [contacts, setContacts] = useState<Contact[]>([])
  const steps = (plan.steps ?? []).filter((step) => role === 'ALL' || step.role === role)
  useEffect(() => {
    let over = false
    void contactsOf(rolesToCall(steps)).then((found) => over || setContacts(found))
    return () => {
      over = true
    }
  }, [role, plan])
  const holders = form.holders
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)
  const copies = holders.length > 0 ? holders : ['']
  const printed = p.printedAt(jstFull(serverNow()).slice(0, 16), me.value?.person?.name ?? '')
  usePageFoot(`${form.classText}  ${plan.code} ${version}  ${printed}`)
  return (
    <div class="page paper-page">
      <section class="no-print paper-tools card stack-small">
        <h2>{p.paperTitle}</h2>
        <div class="pair">
          <Select
            label={p.scope}
            value={role}
            options={['ALL', ...roles] as (RoleJson | 'ALL')[]}
            name={(one) => (one === 'ALL' ? p.scopeAll : p.scopeRole(roleName(one)))}
            onChange={setRole}
          />
          <TextField
            label={p.classLabel}
            maxLength={40}
            value={form.classText}
            onInput={(classText) => draft.set({ classText })}
          />
        </div>
        <TextField
          label={p.holders}
          hint={p.holdersHint}
          rows={3}
          value={form.holders}
          onInput={(text) => draft.set({ holders: text })}
        />
        <Button look="primary" onClick={() => print()}>
          {p.printNow}
        </Button>
      </section>
      {copies.map((holder, i) => (
        <Copy
          key={i}
          {...props}
          steps={steps}
          holder={holder}
          number={i + 1}
          of={copies.length}
          contacts={contacts}
          classText={form.classText}
        />
      ))}
    </div>
  )
}

// A plan as it is written, with empty boxes.
export function PlanPaper({ id }: { id: string }) {
  const [answer, setAnswer] = useState<{ plan: PlaybookJson; version: string } | null>(null)
  const [error, setError] = useState<unknown>()
  useTitle(answer ? `${answer.plan.code} ${say(answer.plan.title)}` : p.print)
  const load = () => {
    setError(undefined)
    playbooks.getPlaybook({ id }).then((got) => {
      if (got.playbook) setAnswer({ plan: got.playbook, version: got.revision?.version ?? '' })
      else setError(p.notCompiled)
    }, setError)
  }
  useEffect(load, [id])
  if (answer) return <Pack {...answer} />
  return <div class="page">{error ? <ErrorNote error={error} onRetry={load} /> : <Loading />}</div>
}

// A plan under way: due times, places, and what is done already.
export function RunPaper({ id }: { id: string }) {
  const held = useRun(id, '')
  const answer = held.value.value
  const under = useMemo(() => new Map((answer?.steps ?? []).map((one) => [one.step?.no ?? '', one])), [answer])
  useTitle(answer?.run ? `${answer.run.incidentNumber} ${say(answer.run.title)}` : p.print)
  if (!answer?.run) {
    const error = held.error.value
    return <div class="page">{error ? <ErrorNote error={error} onRetry={() => void held.load()} /> : <Loading />}</div>
  }
  const title = answer.run.code ? answer.run.title : { ja: t.byHand, en: t.byHand }
  const steps = (answer.steps ?? []).flatMap((one) => (one.step ? [one.step] : []))
  const plan = { ...answer.plan, code: answer.run.code, title, steps }
  return <Pack plan={plan} version={answer.run.version ?? ''} run={answer.run} under={under} />
}
