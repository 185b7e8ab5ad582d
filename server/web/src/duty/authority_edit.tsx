// SPDX-License-Identifier: Apache-2.0
// One cell of the table: what holds, why, what it was and will be; and changing it from a day on.
import { useAct } from '../base/act'
import { jstFull } from '../base/clock'
import { useDraft } from '../base/drafts'
import { roleName } from '../base/labels'
import { hasRole } from '../base/session'
import { t as common } from '../base/texts'
import type { AuthorityJson, AuthorityLevelJson } from '../gen/sokuo/v1/duty_pb'
import { Button } from '../ui/button'
import { Dialog, FormDialog } from '../ui/dialog'
import { Chips, TextField } from '../ui/field'
import { toast } from '../ui/toast'
import { Sign, Signs } from './authority_sign'
import { t } from './authority_texts'
import { actName, levelName, sameCell } from './authority_words'
import { duties } from './services'

// A change with its day, reason, rule and author; named: with the act and duty it is about.
export function ChangeLine({ change, today, named }: { change: AuthorityJson; today: string; named?: boolean }) {
  const day = change.validFrom ?? ''
  return (
    <li class="authority-change">
      {named && (
        <p class="small">
          {actName(change.act)} · {roleName(change.role)}
        </p>
      )}
      <p>
        <strong class="num">{t.since(day)}</strong> {day > today && <span class="state">{t.future}</span>}{' '}
        <Signs cell={change} />
      </p>
      <p class="small">
        {[change.legalBasis && t.basis(change.legalBasis), change.reason].filter(Boolean).join(' · ')}
      </p>
      {change.by?.personName && change.recordedAt && (
        <p class="small quiet">{t.by(change.by.personName, jstFull(change.recordedAt).slice(0, 16))}</p>
      )}
    </li>
  )
}

function Standing(props: { cell: AuthorityJson; changes: AuthorityJson[]; today: string }) {
  const { cell, changes, today } = props
  const own = changes.filter((one) => sameCell(one, cell))
  return (
    <>
      <p>
        <strong>
          <Signs cell={cell} />
        </strong>{' '}
        <span class="small quiet">{cell.validFrom ? t.since(cell.validFrom) : t.shipped}</span>
      </p>
      {cell.actsFirst && <p class="small">{t.isolation}</p>}
      {own.length > 0 && (
        <section>
          <h3>{t.history}</h3>
          <ul class="list">
            {own.map((one, i) => (
              <ChangeLine key={i} change={one} today={today} />
            ))}
          </ul>
        </section>
      )}
    </>
  )
}

function Level(props: { label: string; value: AuthorityLevelJson; onChange: (level: AuthorityLevelJson) => void }) {
  return (
    <div class="field">
      <div class="head">{props.label}</div>
      <Chips
        label={props.label}
        single
        options={levelName.keys}
        name={(level) => <Sign level={level} />}
        value={[props.value]}
        onChange={([one]) => one && props.onChange(one)}
      />
    </div>
  )
}

interface DialogProps {
  cell: AuthorityJson
  changes: AuthorityJson[]
  today: string
  onClose: (saved: boolean) => void
}

interface Form {
  level: AuthorityLevelJson
  levelS3: AuthorityLevelJson
  differs: boolean
  validFrom: string
  reason: string
  legalBasis: string
}

function ChangeFields({ form, set }: { form: Form; set: (part: Partial<Form>) => void }) {
  return (
    <>
      <Level
        label={form.differs ? t.levelLow : t.level}
        value={form.level}
        onChange={(level) => set({ level, levelS3: form.differs ? form.levelS3 : level })}
      />
      <label class="check">
        <input
          type="checkbox"
          checked={form.differs}
          onChange={() => set({ differs: !form.differs, levelS3: form.differs ? form.level : form.levelS3 })}
        />
        {t.differs}
      </label>
      {form.differs && <Level label={t.levelHigh} value={form.levelS3} onChange={(levelS3) => set({ levelS3 })} />}
      <TextField
        label={t.validFrom}
        hint={t.validHint}
        type="date"
        value={form.validFrom}
        onInput={(validFrom) => set({ validFrom })}
      />
      <TextField
        label={t.legalBasis}
        hint={t.legalHint}
        value={form.legalBasis}
        maxLength={200}
        required
        onInput={(legalBasis) => set({ legalBasis })}
      />
      <TextField
        label={t.reason}
        hint={t.reasonHint}
        value={form.reason}
        rows={2}
        maxLength={500}
        required
        onInput={(reason) => set({ reason })}
      />
    </>
  )
}

function Change(props: DialogProps & { title: string }) {
  const { cell, today, onClose } = props
  const draft = useDraft<Form>(`authority/${cell.act}/${cell.role}`, {
    level: cell.level ?? 'AUTHORITY_LEVEL_NONE',
    levelS3: cell.levelS3 ?? 'AUTHORITY_LEVEL_NONE',
    differs: cell.level !== cell.levelS3,
    validFrom: today,
    reason: '',
    legalBasis: '',
  })
  const form = draft.value.value
  const { level, levelS3, validFrom } = form
  const { busy, error, run } = useAct((operationId) =>
    duties.setAuthority({
      operationId,
      act: cell.act,
      role: cell.role,
      level,
      levelS3,
      validFrom,
      reason: form.reason.trim(),
      legalBasis: form.legalBasis.trim(),
    }),
  )
  const send = async () => {
    if (!(await run())) return
    await draft.clear()
    toast(t.saved(validFrom || today))
    onClose(true)
  }
  return (
    <FormDialog
      title={props.title}
      wide
      submit={t.save}
      busy={busy}
      error={error}
      disabled={!form.reason.trim() || !form.legalBasis.trim()}
      onClose={() => onClose(false)}
      onSubmit={() => void send()}
    >
      <Standing {...props} />
      <h3>{t.change}</h3>
      {draft.restored.value && (
        <div class="note warn row spread">
          {t.draftKept}
          <Button onClick={() => void draft.clear()}>{t.discard}</Button>
        </div>
      )}
      <ChangeFields form={form} set={draft.set} />
    </FormDialog>
  )
}

export function AuthorityDialog(props: DialogProps) {
  const title = `${actName(props.cell.act)} · ${roleName(props.cell.role)}`
  if (hasRole('ROLE_ADMIN', 'ROLE_SISO', 'ROLE_CISO')) return <Change {...props} title={title} />
  return (
    <Dialog title={title} wide onClose={() => props.onClose(false)}>
      <Standing {...props} />
      <p class="note">{t.mayNot}</p>
      <div class="acts">
        <Button onClick={() => props.onClose(false)}>{common.close}</Button>
      </div>
    </Dialog>
  )
}
