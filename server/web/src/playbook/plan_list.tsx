// SPDX-License-Identifier: Apache-2.0
// All plans, one line each: state, version, when it must be looked at again. Importing one.
import { useEffect, useState } from 'preact/hooks'
import { useTitle } from '../base/bar'
import { cityNeeded } from '../base/city'
import { secondsUntil } from '../base/clock'
import { navigate } from '../base/router'
import { CallError } from '../base/rpc'
import { t as common } from '../base/texts'
import type { RevisionJson } from '../gen/sokuo/v1/playbook_pb'
import { Unknown } from '../ui/badge'
import { Button } from '../ui/button'
import { FormDialog } from '../ui/dialog'
import { Select, TextField } from '../ui/field'
import { type Column, Empty, Loading, Table } from '../ui/parts'
import { Day } from '../ui/time'
import { ErrorNote, toast } from '../ui/toast'
import { base64, Edition, isBehind, organs } from './edition'
import { Tabs } from './frame'
import { useListKeys } from './keys'
import { mayWrite } from './may'
import { p, revisionStateName } from './plan_texts'
import { useSend } from './send'
import { playbooks } from './services'
import { t } from './texts'
import { say } from './words'

const MOST_BYTES = 262_144

export function RevisionState({ one }: { one: RevisionJson }) {
  const state = one.state ?? 'REVISION_STATE_UNSPECIFIED'
  return <span class={`state revision ${state.slice(15).toLowerCase()}`}>{revisionStateName(state)}</span>
}

// When it is to be looked at again; overdue by shape and word.
export function ReviewDue({ one }: { one: RevisionJson }) {
  if (!one.reviewDue) return <Unknown />
  const late = one.reviewOverdue || secondsUntil(one.reviewDue) < 0
  return (
    <span class={late ? 'late-mark' : ''}>
      {late && '▲ '}
      <Day at={one.reviewDue} /> {late && p.reviewLate}
    </span>
  )
}

function Faults({ one }: { one: RevisionJson }) {
  return one.faultCount ? <span class="late-mark">▲ {p.faultCount(one.faultCount)}</span> : null
}

const columns = (): Column<RevisionJson>[] => [
  { head: p.code, num: true, cell: (one) => <span data-plan={one.id}>{one.code}</span> },
  { head: p.name, cell: (one) => <a href={`/plans/${one.id}`}>{say(one.title) || one.code}</a> },
  {
    head: p.organ,
    cell: (one) => (
      <>
        <Edition one={one} />
        {isBehind(one) && <span class="late-mark small"> ▲ {p.behindShort}</span>}
      </>
    ),
  },
  {
    head: p.state,
    cell: (one) => (
      <span class="row">
        <RevisionState one={one} />
        {one.pendingId && (
          <a href={`/plans/${one.pendingId}`} class="small">
            {p.pending}
          </a>
        )}
        <Faults one={one} />
      </span>
    ),
  },
  { head: p.version, num: true, cell: (one) => one.version },
  { head: p.steps, num: true, cell: (one) => one.stepCount ?? 0 },
  { head: p.review, num: true, cell: (one) => <ReviewDue one={one} /> },
]

export function OrganSelect({ value, onChange }: { value: string; onChange: (id: string) => void }) {
  useEffect(cityNeeded, [])
  const options = ['', ...organs().map((unit) => unit.id ?? '')]
  const name = (id: string) => organs().find((unit) => unit.id === id)?.name ?? p.city
  return <Select label={p.organOf} value={value} options={options} name={name} onChange={onChange} />
}

function ImportDialog({ onClose }: { onClose: () => void }) {
  const [file, setFile] = useState<File | null>(null)
  const [organId, setOrganId] = useState('')
  const [reason, setReason] = useState('')
  const send = useSend()
  const keep = () =>
    send.run(async (operationId) => {
      if (!file) return
      if (file.size > MOST_BYTES) throw new CallError('invalid_argument', p.fileTooLarge)
      const source = base64(new Uint8Array(await file.arrayBuffer()))
      const answer = await playbooks.importPlaybook({
        operationId,
        source,
        organId: organId || undefined,
        reason: reason.trim() || undefined,
      })
      toast(p.imported(answer.revision?.code ?? ''))
      navigate(`/plans/${answer.revision?.id}`)
    })
  return (
    <FormDialog
      title={p.import}
      submit={p.import}
      busy={send.busy}
      error={send.error}
      disabled={!file}
      onClose={onClose}
      onSubmit={() => void keep()}
    >
      <label class="field">
        <span class="head">{p.importFile}</span>
        <span class="hint">{p.importHint}</span>
        <input
          class="input"
          type="file"
          accept=".yaml,.yml,.json"
          onChange={(event) => setFile(event.currentTarget.files?.[0] ?? null)}
        />
      </label>
      <OrganSelect value={organId} onChange={setOrganId} />
      <TextField label={p.reason} rows={2} maxLength={500} value={reason} onInput={setReason} />
    </FormDialog>
  )
}

export function PlanList() {
  useTitle(t.plans)
  const [list, setList] = useState<RevisionJson[] | null>(null)
  const [error, setError] = useState<unknown>()
  const [importing, setImporting] = useState(false)
  const load = () => {
    setError(undefined)
    playbooks.listPlaybooks({}).then((answer) => setList(answer.revisions ?? []), setError)
  }
  useEffect(load, [])
  const here = useListKeys(
    (list ?? []).map((one) => one.id ?? ''),
    'data-plan',
    { Enter: (id) => navigate(`/plans/${id}`) },
  )
  useEffect(() => {
    for (const row of document.querySelectorAll('tr[aria-selected]')) row.removeAttribute('aria-selected')
    document
      .querySelector(`[data-plan="${CSS.escape(here)}"]`)
      ?.closest('tr')
      ?.setAttribute('aria-selected', 'true')
  }, [here])
  const late = (list ?? []).filter((one) => one.reviewOverdue).length
  return (
    <div class="page">
      <div class="row spread">
        <Tabs here="plans" />
        {mayWrite.value && (
          <span class="row">
            <Button onClick={() => setImporting(true)}>{p.import}</Button>
            <a class="button" href="/plans/new">
              {p.create}
            </a>
          </span>
        )}
      </div>
      <ErrorNote error={error} onRetry={load} />
      {late > 0 && (
        <p class="note warn">
          ▲ {p.reviewLate} <span class="num">{late}</span>
        </p>
      )}
      {!list && !error && <Loading />}
      {list && (
        <div class="plan-table">
          <Table
            caption={t.plans}
            columns={columns()}
            rows={list}
            rowKey={(one) => one.id ?? ''}
            empty={
              <Empty title={p.none}>
                <p>{mayWrite.value ? p.noneHint : common.none}</p>
              </Empty>
            }
          />
        </div>
      )}
      {importing && <ImportDialog onClose={() => setImporting(false)} />}
    </div>
  )
}
