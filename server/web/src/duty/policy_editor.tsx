// SPDX-License-Identifier: Apache-2.0
// One policy: its levels and minutes at left, what would happen at right; a hole is accepted only with a reason.
import { useState } from 'preact/hooks'
import { useDraft } from '../base/drafts'
import { roleName } from '../base/labels'
import { uuid } from '../base/uuid'
import type { EscalationLevelJson, EscalationPolicyJson, PolicyProblemJson } from '../gen/sokuo/v1/escalation_pb'
import { Severity } from '../ui/badge'
import { Button, HoldButton } from '../ui/button'
import { Select, TextField } from '../ui/field'
import { ErrorNote, toast } from '../ui/toast'
import { severityOf } from './policies'
import { PreviewLine, usePreview } from './policy_preview'
import { t } from './policy_texts'
import { directionName, hoursName, keyOf, levelName, minutesOf, secondsOf } from './policy_words'
import { escalation } from './services'
import { moved } from './words'

const MOST_LEVELS = 8
const RANKS = ['1', '2', '3', '4', '5', '6'] as const

function Problems({ list }: { list: PolicyProblemJson[] }) {
  if (list.length === 0) return null
  return (
    <ul class="policy-problems">
      {list.map((one, i) => (
        <li key={i} class="small">
          ⚠ {one.message || one.kind}
        </li>
      ))}
    </ul>
  )
}

interface LevelProps {
  level: EscalationLevelJson
  place: number
  last: boolean
  problems: PolicyProblemJson[]
  onChange: (level: EscalationLevelJson) => void
  onMove: (by: 1 | -1) => void
  onRemove: () => void
}

function Minutes(props: {
  label: string
  value: number | undefined
  onChange: (seconds: number) => void
  hint?: string
}) {
  const [text, setText] = useState(() => minutesOf(props.value))
  const shown = secondsOf(text) === (props.value ?? 0) ? text : minutesOf(props.value)
  return (
    <TextField
      label={props.label}
      hint={props.hint}
      inputMode="numeric"
      maxLength={6}
      value={shown}
      onInput={(typed) => {
        setText(typed)
        props.onChange(secondsOf(typed))
      }}
    />
  )
}

function Level({ level, place, last, problems, onChange, onMove, onRemove }: LevelProps) {
  return (
    <li class={`card stack policy-level ${problems.length > 0 ? 'faulty' : ''}`}>
      <div class="row spread">
        <strong>
          {t.level(place + 1)} {levelName(level)}
        </strong>
        <span class="row">
          <Button disabled={place === 0} aria-label={`${t.up}: ${levelName(level)}`} onClick={() => onMove(-1)}>
            ↑
          </Button>
          <Button disabled={last} aria-label={`${t.down}: ${levelName(level)}`} onClick={() => onMove(1)}>
            ↓
          </Button>
          <Button onClick={onRemove}>{t.remove}</Button>
        </span>
      </div>
      <Problems list={problems} />
      <div class="policy-fields">
        <Select
          label={t.role}
          value={level.role ?? 'ROLE_CISO'}
          options={roleName.keys}
          name={roleName}
          onChange={(role) => onChange({ ...level, role })}
        />
        <Select
          label={t.ranks}
          value={String(level.ranks ?? 1)}
          options={RANKS as readonly string[]}
          name={(n) => n}
          onChange={(n) => onChange({ ...level, ranks: Number(n) })}
        />
        <Minutes
          label={t.contactAfter}
          value={level.contactAfterS}
          onChange={(contactAfterS) => onChange({ ...level, contactAfterS })}
        />
        <Minutes
          label={t.deputyAfter}
          value={level.deputyAfterS}
          onChange={(deputyAfterS) => onChange({ ...level, deputyAfterS })}
        />
      </div>
      {last && (
        <label class="check">
          <input
            type="checkbox"
            checked={level.isHeadquarters ?? false}
            onChange={() => onChange({ ...level, isHeadquarters: !level.isHeadquarters })}
          />
          {t.isHeadquarters}
        </label>
      )}
    </li>
  )
}

// What a person may change; the rest is the server's.
function edited(policy: EscalationPolicyJson): EscalationPolicyJson {
  const { direction, severity, hours, rounds, roundAfterS, ackLastsS, snoozeMostS, levels } = policy
  return { direction, severity, hours, rounds, roundAfterS, ackLastsS, snoozeMostS, levels: levels ?? [] }
}

function Rest({ policy, change }: { policy: EscalationPolicyJson; change: (part: EscalationPolicyJson) => void }) {
  return (
    <div class="policy-fields">
      <Select
        label={t.counts}
        value={policy.hours ?? 'ESCALATION_HOURS_ALWAYS'}
        options={hoursName.keys}
        name={hoursName}
        onChange={(hours) => change({ hours })}
      />
      <TextField
        label={t.rounds}
        hint={t.roundsHint}
        inputMode="numeric"
        maxLength={3}
        value={String(policy.rounds ?? 0)}
        onInput={(text) => change({ rounds: Math.min(255, Math.max(0, Math.floor(Number(text) || 0))) })}
      />
      <Minutes label={t.roundAfter} value={policy.roundAfterS} onChange={(roundAfterS) => change({ roundAfterS })} />
      <Minutes label={t.ackLasts} value={policy.ackLastsS} onChange={(ackLastsS) => change({ ackLastsS })} />
      <Minutes label={t.snoozeMost} value={policy.snoozeMostS} onChange={(snoozeMostS) => change({ snoozeMostS })} />
    </div>
  )
}

export function PolicyEditor(props: {
  policy: EscalationPolicyJson
  maySave: boolean
  onClose: (saved: boolean) => void
}) {
  const { policy, maySave, onClose } = props
  const draft = useDraft<{ policy: EscalationPolicyJson; reason: string }>(`policy/${keyOf(policy)}`, {
    policy: edited(policy),
    reason: '',
  })
  const form = draft.value.value
  const levels = form.policy.levels ?? []
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>()
  const preview = usePreview(form.policy)
  const problems = preview.answer?.problems ?? policy.problems ?? []
  const holes = problems.some((one) => one.isHole)
  const change = (part: EscalationPolicyJson) => draft.set({ policy: { ...form.policy, ...part } })
  const setLevel = (i: number, level: EscalationLevelJson) =>
    change({ levels: levels.map((one, at) => (at === i ? level : one)) })
  const save = async (asShipped: boolean) => {
    setBusy(true)
    setError(undefined)
    try {
      const overrideReason = holes ? form.reason.trim() : ''
      await escalation.savePolicy({ operationId: uuid(), policy: form.policy, overrideReason, asShipped })
      await draft.clear()
      toast(t.saved)
      onClose(true)
    } catch (e) {
      setError(e)
    } finally {
      setBusy(false)
    }
  }
  return (
    <div class="stack">
      <div class="row">
        <Button look="plain" onClick={() => onClose(false)}>
          ‹ {t.back}
        </Button>
        <Severity value={severityOf(policy)} />
        <strong>{directionName(policy.direction)}</strong>
      </div>
      {draft.restored.value && (
        <div class="note warn row spread">
          {t.draftKept}
          <Button onClick={() => void draft.clear()}>{t.discard}</Button>
        </div>
      )}
      <div class="policy-columns">
        <section class="stack">
          <h2>{t.levels}</h2>
          <Problems list={problems.filter((one) => (one.level ?? 0) >= levels.length)} />
          <ol class="stack">
            {levels.map((level, i) => (
              <Level
                key={i}
                level={level}
                place={i}
                last={i === levels.length - 1}
                problems={problems.filter((one) => (one.level ?? 0) === i)}
                onChange={(next) => setLevel(i, next)}
                onMove={(by) => change({ levels: moved(levels, i, by) })}
                onRemove={() => change({ levels: levels.filter((_, at) => at !== i) })}
              />
            ))}
          </ol>
          {levels.length < MOST_LEVELS && (
            <Button
              onClick={() =>
                change({ levels: [...levels, { role: 'ROLE_CISO', contactAfterS: 120, deputyAfterS: 300, ranks: 3 }] })
              }
            >
              {t.add}
            </Button>
          )}
          <Rest policy={form.policy} change={change} />
          {problems.length === 0 && preview.answer && <p class="note good">✓ {t.noProblems}</p>}
          <ErrorNote error={error} />
          {!maySave ? (
            <p class="note">{t.mayNot}</p>
          ) : (
            <>
              {holes && (
                <TextField
                  label={t.overrideReason}
                  hint={t.overrideHint}
                  value={form.reason}
                  rows={2}
                  maxLength={500}
                  required
                  onInput={(reason) => draft.set({ reason })}
                />
              )}
              {holes && !form.reason.trim() ? (
                <Button look="primary" disabled>
                  {t.saveAnyway}
                </Button>
              ) : (
                <HoldButton look={holes ? 'danger' : 'primary'} busy={busy} onHeld={() => void save(false)}>
                  {holes ? t.saveAnyway : t.save}
                </HoldButton>
              )}
              {policy.id && (
                <HoldButton busy={busy} onHeld={() => void save(true)}>
                  {t.resetHint}
                </HoldButton>
              )}
            </>
          )}
        </section>
        <PreviewLine preview={preview} />
      </div>
    </div>
  )
}
