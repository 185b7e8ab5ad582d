// SPDX-License-Identifier: Apache-2.0
// Policies in force, one a direction and severity, with what is wrong with each; one opens to be changed.
import { useState } from 'preact/hooks'
import type { EscalationPolicyJson } from '../gen/sokuo/v1/escalation_pb'
import type { SeverityJson } from '../gen/sokuo/v1/incident_pb'
import { Severity } from '../ui/badge'
import { Button } from '../ui/button'
import { Loading } from '../ui/parts'
import { ErrorNote } from '../ui/toast'
import { useLoad } from './list'
import { PolicyEditor } from './policy_editor'
import { t } from './policy_texts'
import { directionName, keyOf, levelName, span } from './policy_words'
import { escalation } from './services'

export const severityOf = (policy: EscalationPolicyJson): SeverityJson =>
  `SEVERITY_S${(policy.severity ?? 1) - 1}` as SeverityJson

function Row({ policy, onOpen }: { policy: EscalationPolicyJson; onOpen: () => void }) {
  const problems = policy.problems?.length ?? 0
  return (
    <li class="policy-row">
      <div class="row spread">
        <span class="row">
          <Severity value={severityOf(policy)} />
          {problems > 0 && <strong class="late">⚠ {t.problems(problems)}</strong>}
          <span class="small quiet">{policy.id ? t.changed(policy.by?.personName ?? '') : t.shipped}</span>
        </span>
        <Button onClick={onOpen}>{t.edit}</Button>
      </div>
      <ol class="policy-levels">
        {policy.levels?.map((level, i) => (
          <li key={i}>
            {levelName(level)} <span class="small quiet num">{span(level.deputyAfterS)}</span>
          </li>
        ))}
      </ol>
      {policy.overrideReason && <p class="small quiet">{t.overridden(policy.overrideReason)}</p>}
    </li>
  )
}

export function Policies() {
  const { value, error, again } = useLoad(() => escalation.listPolicies({}))
  const [open, setOpen] = useState('')
  const policies = value?.policies ?? []
  const chosen = policies.find((one) => keyOf(one) === open)
  if (chosen)
    return (
      <PolicyEditor
        key={open}
        policy={chosen}
        maySave={value?.maySave ?? false}
        onClose={(saved) => {
          setOpen('')
          if (saved) void again()
        }}
      />
    )
  return (
    <div class="stack">
      <p class="small">{t.hint}</p>
      <ErrorNote error={error} onRetry={() => void again()} />
      {!value && !error && <Loading />}
      {directionName.keys.map((direction) => {
        const list = policies.filter((one) => one.direction === direction)
        return list.length === 0 ? null : (
          <section key={direction}>
            <h2>{directionName(direction)}</h2>
            <ul>
              {list.map((one) => (
                <Row
                  key={keyOf(one)}
                  policy={one}
                  onOpen={() => {
                    setOpen(keyOf(one))
                    scrollTo(0, 0)
                  }}
                />
              ))}
            </ul>
          </section>
        )
      })}
    </div>
  )
}
