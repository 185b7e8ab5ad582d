// SPDX-License-Identifier: Apache-2.0
// A plan as people read it: head, steps by phase, decision table. Also what is printed.
import { phaseName, roleName } from '../base/labels'
import type { PhaseJson, PlaybookJson, PlaybookStepJson, WordsJson } from '../gen/sokuo/v1/playbook_pb'
import { Severity } from '../ui/badge'
import { p } from './plan_texts'
import { OptionEffects } from './step_act'
import { flagsOf, say, targetText } from './words'

// Steps cut where the phase or the fragment changes.
export function planGroups(steps: readonly PlaybookStepJson[]) {
  const groups: { key: string; phase: PhaseJson; fragment: string; steps: PlaybookStepJson[] }[] = []
  for (const step of steps) {
    const phase = step.phase ?? 'PHASE_UNSPECIFIED'
    const fragment = step.fragment ?? ''
    const last = groups.at(-1)
    if (last && last.phase === phase && last.fragment === fragment) last.steps.push(step)
    else groups.push({ key: `${fragment}/${phase}/${step.no}`, phase, fragment, steps: [step] })
  }
  return groups
}

export function Lines({ title, words }: { title: string; words: readonly WordsJson[] | undefined }) {
  if (!words?.length) return null
  return (
    <section class="plan-lines">
      <h3>{title}</h3>
      <ul>
        {words.map((one, i) => (
          <li key={i}>{say(one)}</li>
        ))}
      </ul>
    </section>
  )
}

function Notes({ step }: { step: PlaybookStepJson }) {
  const ratify = step.ratifyMin ?? 0
  return (
    <p class="small quiet">
      {[
        (step.after?.length ?? 0) > 0 && `${p.after} ${step.after?.join('・')}`,
        step.notice &&
          `${p.noticeTo} ${say(step.notice.to)}${step.notice.deadline ? ` (${step.notice.deadline})` : ''}`,
        step.evidence && p.evidenceNeeded,
        ratify > 0 && p.ratifyWithin(ratify % 60 === 0 ? ratify / 60 : 0, ratify),
        (step.call?.length ?? 0) > 0 && `${p.call} ${step.call?.map((role) => roleName(role)).join('・')}`,
      ]
        .filter(Boolean)
        .join(' / ')}
    </p>
  )
}

// Boxes to tick; the one that was chosen already is filled.
export function Options({ step, chosen }: { step: PlaybookStepJson; chosen?: string }) {
  const decision = step.decision
  if (!decision) return null
  return (
    <ul class="option-list">
      {(decision.options ?? []).map((option) => (
        <li key={option.id}>
          {option.id === chosen ? '■' : '□'} {say(option.text)}
          {option.id === decision.defaultOption && (
            <strong class="small">
              {' '}
              ({p.default}
              {(decision.timeoutMin ?? 0) > 0 && ` ${p.timeout(decision.timeoutMin ?? 0)}`})
            </strong>
          )}{' '}
          <OptionEffects option={option} />
        </li>
      ))}
    </ul>
  )
}

export function PlanStep({ step, chosen }: { step: PlaybookStepJson; chosen?: string }) {
  return (
    <>
      <strong>{say(step.text)}</strong>
      {say(step.detail) && <p class="pre-line">{say(step.detail)}</p>}
      {say(step.why) && (
        <p class="small quiet">
          {p.why} {say(step.why)}
        </p>
      )}
      <Options step={step} chosen={chosen} />
      <Notes step={step} />
    </>
  )
}

function Steps({ plan }: { plan: PlaybookJson }) {
  return (
    <>
      {planGroups(plan.steps ?? []).map((group) => (
        <section key={group.key} class="phase">
          <h3>
            {phaseName(group.phase)} {group.fragment && <span class="quiet small">{p.fragment(group.fragment)}</span>}
          </h3>
          <ol class="plan-steps">
            {group.steps.map((step) => (
              <li key={step.no}>
                <span class="step-no num">
                  {step.no}
                  <span class="flags">{flagsOf(step)}</span>
                </span>
                <span class="num target">{targetText(step.targetMin, step.origin)}</span>
                <span class="small who">{roleName(step.role)}</span>
                <div>
                  <PlanStep step={step} />
                </div>
              </li>
            ))}
          </ol>
        </section>
      ))}
    </>
  )
}

// Which decision has which options, with what follows: the page that is read aloud in the headquarters.
export function DecisionTable({ plan }: { plan: PlaybookJson }) {
  const decisions = (plan.steps ?? []).filter((step) => step.decision)
  if (decisions.length === 0) return null
  return (
    <section class="decision-table">
      <h3>{p.decisions}</h3>
      <table class="grid-table">
        <thead>
          <tr>
            <th scope="col">{p.no}</th>
            <th scope="col">{p.question}</th>
            <th scope="col">{p.optionsHead}</th>
            <th scope="col">{p.role}</th>
          </tr>
        </thead>
        <tbody>
          {decisions.map((step) => (
            <tr key={step.no}>
              <td class="num">{step.no}</td>
              <td>{say(step.decision?.question) || say(step.text)}</td>
              <td>
                <Options step={step} />
              </td>
              <td>{roleName(step.role)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

// What the marks mean; with targets, from when these count.
export function Legend({ targets }: { targets?: boolean }) {
  return (
    <p class="small quiet legend">
      {p.legend} {targets && p.legendTargets}
    </p>
  )
}

export function PlanView({ plan }: { plan: PlaybookJson }) {
  return (
    <div class="plan-view">
      <p class="pre-line">{say(plan.summary)}</p>
      <p class="row">
        <Severity value={plan.severityFrom} /> 〜 <Severity value={plan.severityTo} />
      </p>
      <div class="plan-heads">
        <Lines title={p.triggers} words={plan.triggers} />
        <Lines title={p.parallel} words={plan.parallel} />
        <Lines title={p.evidence} words={plan.evidence} />
        <Lines title={p.notices} words={plan.notices} />
        <Lines title={p.closing} words={plan.closing} />
      </div>
      <Legend targets />
      <Steps plan={plan} />
      <DecisionTable plan={plan} />
    </div>
  )
}
