// SPDX-License-Identifier: Apache-2.0
// Plans on paper: numbered copies for their holders, of a whole plan, a duty or each person. The same numbers as on the
// screen; on every page the copy, its holder, and whether it is an exercise.
import { useEffect, useMemo, useState } from 'preact/hooks'
import { useTitle } from '../base/bar'
import { jstFull, serverNow } from '../base/clock'
import { useDraft } from '../base/drafts'
import { modeName, roleName } from '../base/labels'
import { usePageFoot } from '../base/page_foot'
import { me } from '../base/session'
import type { GetRunResponseJson, PlaybookJson, RevisionJson, RunJson } from '../gen/sokuo/v1/playbook_pb'
import { Button } from '../ui/button'
import { Select, TextField } from '../ui/field'
import { Loading } from '../ui/parts'
import { ErrorNote } from '../ui/toast'
import { type Contact, contactsOf } from './contacts'
import { contactsFor, copiesOf, rolesToCall, type Scope } from './copies'
import { editionName } from './edition'
import { useRunBar } from './frame'
import './paper.css'
import { Copy, type PackProps } from './paper_copy'
import { p } from './plan_texts'
import { useRun } from './run_store'
import { playbooks } from './services'
import { t } from './texts'
import { say } from './words'

const linesOf = (text: string) =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)

// Those who hold the duties of the plan; null while they are asked for.
function useContacts(plan: PlaybookJson): Contact[] | null {
  const [contacts, setContacts] = useState<Contact[] | null>(null)
  useEffect(() => {
    let over = false
    void contactsOf(rolesToCall(plan.steps ?? [])).then((found) => over || setContacts(found))
    return () => {
      over = true
    }
  }, [plan])
  return contacts
}

const scopeName = (one: Scope) =>
  one === 'ALL' ? p.scopeAll : one === 'EACH' ? p.scopeEach : p.scopeRole(roleName(one))

function Pack(props: PackProps) {
  const { plan, version, run } = props
  const draft = useDraft('paper', { holders: '', classText: p.classDefault as string })
  const form = draft.value.value
  const [scope, setScope] = useState<Scope>('ALL')
  const contacts = useContacts(plan)
  const steps = plan.steps ?? []
  const scopes: Scope[] = ['ALL', 'EACH', ...new Set(steps.flatMap((step) => step.role ?? []))]
  const copies = copiesOf(steps, scope, linesOf(form.holders), contacts ?? [])
  const printed = p.printedAt(jstFull(serverNow()).slice(0, 16), me.value?.person?.name ?? '')
  const mark = run?.mode && run.mode !== 'MODE_REAL' ? `【${modeName(run.mode)}】` : ''
  const feet = copies.map((copy, i) =>
    [
      `${form.classText}　${plan.code ?? ''} ${version}　${p.copy(i + 1, copies.length)}`,
      `${p.holder} ${copy.holder || '＿＿＿＿＿＿'}　${printed}`,
    ].join('　'),
  )
  usePageFoot(feet, mark)
  return (
    <div class="page paper-page">
      <section class="no-print paper-tools card stack-small">
        <h2>{p.paperTitle}</h2>
        <div class="paired">
          <Select label={p.scope} value={scope} options={scopes} name={scopeName} onChange={setScope} />
          <TextField
            label={p.classLabel}
            maxLength={40}
            value={form.classText}
            onInput={(classText) => draft.set({ classText })}
          />
        </div>
        {scope !== 'EACH' && (
          <TextField
            label={p.holders}
            hint={p.holdersHint}
            rows={3}
            value={form.holders}
            onInput={(text) => draft.set({ holders: text })}
          />
        )}
        <Button look="primary" busy={!contacts} onClick={() => print()}>
          {p.printNow(copies.length)}
        </Button>
      </section>
      {copies.map((copy, i) => (
        <Copy
          key={i}
          {...props}
          copy={copy}
          index={i}
          of={copies.length}
          contacts={contactsFor(copy.steps, contacts ?? [])}
          classText={form.classText}
        />
      ))}
    </div>
  )
}

// With the organ whose edition it is: two texts of one plan must not be taken for each other on paper.
const versionOf = (version: string | undefined, one: RevisionJson | RunJson | undefined) =>
  [version, one?.organ && editionName(one)].filter(Boolean).join(' ')

// What the QR code of a pack leads to.
const addressOf = (kind: 'plans' | 'runs', id: string) => `${location.origin}/${kind}/${id}`

// The plan of a run as it was frozen; steps added by hand have none.
function planOf(answer: GetRunResponseJson | null): PlaybookJson {
  const title = answer?.run?.code ? answer.run.title : { ja: t.byHand, en: t.byHand }
  const steps = (answer?.steps ?? []).flatMap((one) => (one.step ? [one.step] : []))
  return { ...answer?.plan, code: answer?.run?.code, title, steps }
}

// A plan as it is written, with empty boxes.
export function PlanPaper({ id }: { id: string }) {
  const [answer, setAnswer] = useState<PackProps | null>(null)
  const [error, setError] = useState<unknown>()
  useTitle(answer ? `${answer.plan.code} ${say(answer.plan.title)}` : p.print)
  const load = () => {
    setError(undefined)
    playbooks.getPlaybook({ id, qrOf: addressOf('plans', id) }).then((got) => {
      const version = versionOf(got.revision?.version, got.revision)
      if (got.playbook) setAnswer({ plan: got.playbook, version, qr: got.qrSvg ?? '' })
      else setError(p.notCompiled)
    }, setError)
  }
  useEffect(load, [id])
  if (answer) return <Pack {...answer} />
  return <div class="page">{error ? <ErrorNote error={error} onRetry={load} /> : <Loading />}</div>
}

// A plan under way: due times, places, and what is done already.
export function RunPaper({ id }: { id: string }) {
  const held = useRun(id, '', addressOf('runs', id))
  const answer = held.value.value
  useRunBar(answer?.run)
  const plan = useMemo(() => planOf(answer), [answer])
  const under = useMemo(() => new Map((answer?.steps ?? []).map((one) => [one.step?.no ?? '', one])), [answer])
  useTitle(answer?.run ? `${answer.run.incidentNumber} ${say(answer.run.title)}` : p.print)
  if (!answer?.run) {
    const error = held.error.value
    return <div class="page">{error ? <ErrorNote error={error} onRetry={() => void held.load()} /> : <Loading />}</div>
  }
  return (
    <Pack
      plan={plan}
      version={versionOf(answer.run.version, answer.run)}
      qr={answer.qrSvg ?? ''}
      run={answer.run}
      under={under}
    />
  )
}
