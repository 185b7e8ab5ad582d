// SPDX-License-Identifier: Apache-2.0
// A rota as it is to be: for which duty, who takes turns, how long, handed over when; and how it would turn.
import { useEffect, useState } from 'preact/hooks'
import { useAct } from '../base/act'
import { serverNow } from '../base/clock'
import { useDraft } from '../base/drafts'
import { CallError } from '../base/rpc'
import { t as common } from '../base/texts'
import type { RefJson } from '../gen/sokuo/v1/common_pb'
import type { DutyJson, RotaJson } from '../gen/sokuo/v1/duty_pb'
import { Button, HoldButton } from '../ui/button'
import { FormDialog } from '../ui/dialog'
import { Field, TextField } from '../ui/field'
import { Loading } from '../ui/parts'
import { ErrorNote, toast } from '../ui/toast'
import { useLoad } from './list'
import { t } from './rota_texts'
import { formOf, type Lack, lacks, minuteOf, type RotaForm, shiftTime, standing, turns } from './rota_words'
import { duties } from './services'
import { dutyName, fits, moved } from './words'

const SHOWN = 8
const PREVIEWED = 4

type Place = Pick<DutyJson, 'role' | 'scope'>
const same = (a: Place, b: Place) => a.role === b.role && a.scope?.id === b.scope?.id

function DutyPick(props: { list: DutyJson[]; taken: RotaJson[]; onChoose: (duty: DutyJson) => void }) {
  const [query, setQuery] = useState('')
  const found = props.list.filter((duty) => query.trim() !== '' && fits(duty, query))
  return (
    <div class="picks">
      <TextField label={t.duty} type="search" placeholder={t.dutyPart} value={query} onInput={setQuery} />
      <div class="chips">
        {found.slice(0, SHOWN).map((duty) => {
          const has = props.taken.some((rota) => same(rota, duty))
          return (
            <Button
              key={`${duty.role}/${duty.scope?.id}`}
              class="chip"
              disabled={has}
              onClick={() => props.onChoose(duty)}
            >
              {dutyName(duty)} {has && <span class="small">{t.hasRota}</span>}
            </Button>
          )
        })}
      </div>
      {query.trim() !== '' && found.length === 0 && <p class="quiet small">{t.dutyNone}</p>}
    </div>
  )
}

interface MembersProps {
  members: RefJson[]
  // null = not known yet.
  people: RefJson[] | null
  onChange: (members: RefJson[]) => void
}

function Members(props: MembersProps) {
  const { members, people, onChange } = props
  const rest = (people ?? []).filter((one) => !members.some((member) => member.id === one.id))
  return (
    <section class="stack">
      <h3>{t.members}</h3>
      {members.length === 0 && <p class="quiet small">{t.membersNone}</p>}
      <ol class="list">
        {members.map((one, i) => (
          <li key={one.id} class="row spread duty-edit">
            <span>
              <span class="num">{i + 1}.</span> {one.name}
            </span>
            <span class="row">
              <Button
                disabled={i === 0}
                aria-label={`${t.up}: ${one.name}`}
                onClick={() => onChange(moved(members, i, -1))}
              >
                ↑
              </Button>
              <Button
                disabled={i === members.length - 1}
                aria-label={`${t.down}: ${one.name}`}
                onClick={() => onChange(moved(members, i, 1))}
              >
                ↓
              </Button>
              <Button
                aria-label={`${common.remove}: ${one.name}`}
                onClick={() => onChange(members.filter((other) => other.id !== one.id))}
              >
                {common.remove}
              </Button>
            </span>
          </li>
        ))}
      </ol>
      <div class="field">
        <div class="head">{t.candidates}</div>
        <p class="hint">{!people ? common.loading : rest.length > 0 ? t.candidatesHint : t.candidatesNone}</p>
        <div class="chips">
          {rest.map((one) => (
            <button key={one.id} type="button" class="chip" onClick={() => onChange([...members, one])}>
              ＋ {one.name}
            </button>
          ))}
        </div>
      </div>
    </section>
  )
}

interface TimesProps {
  form: RotaForm
  faults: Lack[]
  change: (part: Partial<RotaForm>) => void
}

function Times({ form, faults, change }: TimesProps) {
  const fault = (field: Lack) => (faults.includes(field) ? t.lack[field] : undefined)
  return (
    <div class="policy-fields">
      <TextField
        label={t.period}
        hint={t.periodHint}
        inputMode="numeric"
        maxLength={2}
        value={form.periodDays ? String(form.periodDays) : ''}
        error={fault('periodDays')}
        onInput={(text) => change({ periodDays: Math.floor(Number(text.normalize('NFKC')) || 0) })}
      />
      <Field label={t.handOver}>
        {(tie) => (
          <input
            {...tie}
            class="input"
            type="time"
            value={form.handOver}
            onInput={(event) => change({ handOver: event.currentTarget.value })}
          />
        )}
      </Field>
      <TextField
        label={t.startsOn}
        hint={t.startsHint}
        type="date"
        value={form.startsOn}
        error={fault('startsOn')}
        onInput={(startsOn) => change({ startsOn })}
      />
    </div>
  )
}

function Preview({ form }: { form: RotaForm }) {
  const now = serverNow()
  const list = turns(form, now, PREVIEWED)
  const [first] = list
  if (!first) return null
  return (
    <section>
      <h3>{t.preview}</h3>
      {Date.parse(first.from) > now.getTime() && (
        <p class="note warn small">⚠ {t.previewWait(shiftTime(first.from))}</p>
      )}
      <ol class="rota-preview">
        {list.map((turn) => (
          <li key={turn.from}>
            <span class="num">{shiftTime(turn.from)} –</span> {turn.person.name}
          </li>
        ))}
      </ol>
    </section>
  )
}

interface EditorProps {
  // null = a new one.
  rota: RotaJson | null
  rotas: RotaJson[]
  onClose: (saved: boolean) => void
  // Somebody else changed it meanwhile: it has to be read again.
  onStale: () => void
}

function useForm(rota: RotaJson | null) {
  const draft = useDraft<RotaForm & { duty: Place | null }>(`rota/${rota?.id ?? 'new'}`, {
    ...formOf(rota, serverNow()),
    duty: rota ? { role: rota.role, scope: rota.scope } : null,
  })
  return { draft, form: draft.value.value }
}

export function RotaEditor({ rota, rotas, onClose, onStale }: EditorProps) {
  const { draft, form } = useForm(rota)
  const [tried, setTried] = useState(false)
  const all = useLoad(() => duties.listDuties(rota ? { role: rota.role, scopeId: rota.scope?.id } : {}))
  const duty = form.duty && all.value?.duties?.find((one) => same(one, form.duty!))
  const faults = lacks(form)
  const place = rota ? { id: rota.id } : { role: form.duty?.role, scopeId: form.duty?.scope?.id }
  const save = (operationId: string, end: boolean) =>
    duties.saveRota({
      operationId,
      ...place,
      version: rota?.version,
      name: (end ? rota?.name : form.name.trim()) ?? '',
      memberIds: (end ? (rota?.members ?? []) : form.members).map((one) => one.id ?? ''),
      startsOn: form.startsOn,
      handOverMinute: minuteOf(form.handOver),
      periodDays: form.periodDays,
      end,
    })
  const saving = useAct((operationId) => save(operationId, false))
  const ending = useAct((operationId) => save(operationId, true))
  const error = saving.error ?? ending.error
  useEffect(() => {
    if (error instanceof CallError && error.info.reason === 'STALE') onStale()
  }, [error])
  const done = async (act: typeof saving, said: string) => {
    if (!(await act.run())) return
    await draft.clear()
    toast(said)
    onClose(true)
  }
  const submit = () => {
    setTried(true)
    if (faults.length === 0) void done(saving, t.saved)
  }
  const shown = tried ? faults : faults.filter((field) => field !== 'name' && field !== 'members')
  return (
    <FormDialog
      title={rota ? `${t.edit}: ${rota.name}` : t.create}
      wide
      submit={t.save}
      busy={saving.busy}
      error={error ?? all.error}
      disabled={!form.duty}
      onClose={() => onClose(false)}
      onSubmit={submit}
    >
      {draft.restored.value && (
        <div class="note warn row spread">
          {rota && form.version !== rota.version ? t.changed : t.draftKept}
          <Button onClick={() => void draft.clear()}>{t.discard}</Button>
        </div>
      )}
      {!form.duty && !all.value && !all.error && <Loading />}
      {!form.duty && all.value && (
        <DutyPick
          list={all.value.duties ?? []}
          taken={rotas}
          onChoose={(one) =>
            draft.set({
              duty: { role: one.role, scope: one.scope },
              name: form.name || t.defaultName(dutyName(one)).slice(0, 60),
            })
          }
        />
      )}
      {form.duty && (
        <>
          <div class="row spread">
            <strong>{dutyName(form.duty)}</strong>
            {!rota && <Button onClick={() => draft.set({ duty: null, members: [], name: '' })}>{t.dutyChange}</Button>}
          </div>
          <TextField
            label={t.name}
            hint={t.nameHint}
            value={form.name}
            maxLength={60}
            required
            error={shown.includes('name') ? t.lack.name : undefined}
            onInput={(name) => draft.set({ name })}
          />
          <Members
            members={form.members}
            people={all.value ? standing(duty ?? undefined) : null}
            onChange={(members) => draft.set({ members })}
          />
          {shown.includes('members') && <ErrorNote error={t.lack.members} />}
          <Times form={form} faults={shown} change={(part) => draft.set(part)} />
          <Preview form={form} />
          {rota && (
            <details class="more">
              <summary>{t.end}</summary>
              <p class="small">{t.endHint}</p>
              <HoldButton busy={ending.busy} onHeld={() => void done(ending, t.ended)}>
                {t.end}
              </HoldButton>
            </details>
          )}
        </>
      )}
    </FormDialog>
  )
}
