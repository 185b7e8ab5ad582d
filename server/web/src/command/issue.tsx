// SPDX-License-Identifier: Apache-2.0
// An order in three taps: a text with its targets, a look at whom it reaches, and a hold. Everything typed is kept.

import { useEffect, useRef, useState } from 'preact/hooks'
import { useAct } from '../base/act'
import { serverNow } from '../base/clock'
import { useDraft } from '../base/drafts'
import { roleName } from '../base/labels'
import { navigate } from '../base/router'
import { CallError } from '../base/rpc'
import { uuid } from '../base/uuid'
import type { IncidentJson } from '../gen/sokuo/v1/incident_pb'
import type { IssueOrderResponseJson, OrderTargetJson, OrderTemplateJson } from '../gen/sokuo/v1/order_pb'
import { command } from '../order/services'
import { ModeMark } from '../ui/badge'
import { Button, HoldButton } from '../ui/button'
import { Chips, TextField } from '../ui/field'
import { ErrorNote, toast } from '../ui/toast'
import { Head } from './parts'
import { useHeld } from './store'
import { checkText, MOST_LINES } from './target_words'
import { Targets } from './targets'
import { t } from './texts'

interface Form {
  chosen: boolean
  text: string
  targets: OrderTargetJson[]
  people: Record<string, string>
  due: string
  wants: boolean
}

const EMPTY: Form = { chosen: false, text: '', targets: [], people: {}, due: '0', wants: true }
const DUES = ['15', '30', '60', '180', '0'] as const
const CALM_MS = 400

function Templates({
  list,
  onChoose,
}: {
  list: OrderTemplateJson[]
  onChoose: (one: OrderTemplateJson | null) => void
}) {
  return (
    <section class="stack">
      <h1>{t.template}</h1>
      <p class="small quiet">{t.templateHint}</p>
      <ul class="templates">
        {list.map((one) => (
          <li key={one.id}>
            <button type="button" class="template" onClick={() => onChoose(one)}>
              <strong>{one.name}</strong>
              <span class="small quiet">{one.text}</span>
            </button>
          </li>
        ))}
        <li>
          <button type="button" class="template" onClick={() => onChoose(null)}>
            <strong>{t.templateFree}</strong>
          </button>
        </li>
      </ul>
    </section>
  )
}

// Whom it would reach, asked as the targets change; nothing is written by it.
function useReach(incidentId: string, targets: readonly OrderTargetJson[]) {
  const [reach, setReach] = useState<IssueOrderResponseJson | null>(null)
  const [error, setError] = useState<unknown>()
  const key = JSON.stringify(targets)
  useEffect(() => {
    setReach(null)
    setError(undefined)
    if (!incidentId || targets.length === 0) return
    let late = false
    const timer = setTimeout(() => {
      command
        .issueOrder({ operationId: uuid(), incidentId, text: '—', targets: [...targets], dryRun: true })
        .then((answer) => late || setReach(answer))
        .catch((e) => late || setError(e))
    }, CALM_MS)
    return () => {
      late = true
      clearTimeout(timer)
    }
  }, [incidentId, key])
  return { reach, error }
}

function Reach({ reach, error, any }: { reach: IssueOrderResponseJson | null; error: unknown; any: boolean }) {
  if (!any) return <p class="unknown">{t.noTargets}</p>
  if (error) return <ErrorNote error={error} />
  if (!reach) return <p class="quiet">{t.counting}</p>
  const p = reach.order?.progress ?? {}
  const holes = reach.holes ?? []
  return (
    <div role="status">
      <p>
        <strong>{t.reaches(p.addresseeCount ?? 0, p.departmentCount ?? 0, p.sectionCount ?? 0)}</strong>
      </p>
      {holes.length > 0 && (
        <div class="note error">
          <p>
            ⚠ <strong>{t.holes(holes.length)}</strong> {t.holesHint}
          </p>
          <p class="small">
            {holes
              .slice(0, 8)
              .map((one) => [one.unit?.name, roleName(one.role)].filter(Boolean).join(' '))
              .join('、')}
            {holes.length > 8 && '…'}
          </p>
        </div>
      )}
    </div>
  )
}

function TextBox({ value, onInput }: { value: string; onInput: (text: string) => void }) {
  const faults = checkText(value)
  const over = faults.lines > MOST_LINES || faults.longest > 80
  return (
    <div>
      <TextField
        label={t.text}
        hint={t.textHint}
        value={value}
        rows={3}
        maxLength={300}
        required
        error={faults.open ? t.fill : undefined}
        onInput={onInput}
      />
      <p class={`small num ${over ? 'late' : 'quiet'}`}>
        {over && '⚠ '}
        {t.lineCount(faults.lines)} · {t.longest(faults.longest)}
      </p>
    </div>
  )
}

function Compose(props: {
  incident: IncidentJson
  form: Form
  set: (change: Partial<Form>) => void
  clear: () => Promise<void>
}) {
  const { incident, form, set, clear } = props
  const { reach, error } = useReach(incident.id ?? '', form.targets)
  const count = reach?.order?.progress?.addresseeCount ?? 0
  const dueAt = () =>
    form.due === '0' ? undefined : new Date(serverNow().getTime() + Number(form.due) * 60_000).toISOString()
  // The same request at each try: the server takes an operation id for one request only.
  const frozen = useRef<{ key: string; dueAt?: string }>({ key: '' })
  const send = useAct((operationId) => {
    const key = JSON.stringify(form)
    if (frozen.current.key !== key) frozen.current = { key, dueAt: dueAt() }
    const { text, targets, wants } = form
    return command.issueOrder({
      operationId,
      incidentId: incident.id,
      text: text.trim(),
      targets,
      dueAt: frozen.current.dueAt,
      wantsAcceptance: wants,
    })
  })
  const issue = async () => {
    if (!(await send.run())) return
    await clear()
    toast(t.issued(count))
    navigate(`/command/${incident.number}`, 'replace')
  }
  const ready = checkText(form.text).ok && form.targets.length > 0 && count > 0
  const offline = send.error instanceof CallError && send.error.offline
  return (
    <>
      <h1>
        <ModeMark mode={incident.mode} />
        {t.issue}
      </h1>
      <TextBox value={form.text} onInput={(text) => set({ text })} />
      <Targets value={form.targets} people={form.people} onChange={(targets, people) => set({ targets, people })} />
      <Reach reach={reach} error={error} any={form.targets.length > 0} />
      <div class="field">
        <div class="head">{t.due}</div>
        <Chips
          label={t.due}
          single
          options={DUES}
          name={(n) => (n === '0' ? t.noDue : t.minutes(Number(n)))}
          value={[form.due as (typeof DUES)[number]]}
          onChange={([one]) => set({ due: one ?? '0' })}
        />
      </div>
      <label class="check">
        <input type="checkbox" checked={form.wants} onChange={() => set({ wants: !form.wants })} />
        {t.wantsAcceptance}
      </label>
      <ErrorNote error={offline ? t.issueOffline : send.error} />
      <div class="thumb stack">
        {ready ? (
          <HoldButton look="primary" busy={send.busy} onHeld={() => void issue()}>
            {t.hold(count)}
          </HoldButton>
        ) : (
          <Button look="primary" disabled>
            {form.targets.length === 0 ? t.holdNone : t.hold(count)}
          </Button>
        )}
      </div>
    </>
  )
}

export function Issue({ incident }: { incident: IncidentJson }) {
  const id = incident.id ?? ''
  const draft = useDraft<Form>(`command/${id}/issue`, EMPTY)
  const form = draft.value.value
  const list = useHeld(`templates/${id}`, () => command.listOrders({ incidentId: id }))
  const choose = (one: OrderTemplateJson | null) =>
    draft.set({
      ...EMPTY,
      chosen: true,
      text: one?.text ?? '',
      targets: one?.targets ?? [],
      due: DUES.find((due) => due === String(one?.dueMinutes ?? 0)) ?? '60',
      wants: one?.wantsAcceptance ?? true,
    })
  return (
    <div class="page narrow stack command issue">
      <Head incident={incident} back />
      {!form.chosen ? (
        <>
          <ErrorNote error={list.error.value} onRetry={() => void list.load()} />
          <Templates list={list.value.value?.templates ?? []} onChoose={choose} />
        </>
      ) : (
        <>
          <Button look="plain" onClick={() => draft.set({ chosen: false })}>
            ‹ {t.template}
          </Button>
          <Compose incident={incident} form={form} set={(change) => draft.set(change)} clear={() => draft.clear()} />
        </>
      )}
    </div>
  )
}
