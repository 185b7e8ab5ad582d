// SPDX-License-Identifier: Apache-2.0
// The editor of a plan. The YAML is the truth: the form changes single places of it, the phone's view is drawn from it,
// the server says what is wrong with it. What is typed stays on the device until it is kept as a draft.
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { useTitle } from '../base/bar'
import { useDraft } from '../base/drafts'
import { navigate } from '../base/router'
import type { GetPlaybookResponseJson, PlaybookFaultJson } from '../gen/sokuo/v1/playbook_pb'
import { Button } from '../ui/button'
import { Chips, TextField } from '../ui/field'
import { Loading } from '../ui/parts'
import { ErrorNote, toast } from '../ui/toast'
import './editor.css'
import { e, TEMPLATE } from './edit_texts'
import { base64, Edition, isBehind } from './edition'
import { type Edit, faultText } from './editor_fields'
import { HeadForm } from './editor_head'
import { Preview } from './editor_preview'
import { StepForm } from './editor_step'
import { OrganSelect } from './plan_list'
import { FaultList } from './plan_page'
import { p } from './plan_texts'
import { useSend } from './send'
import { playbooks } from './services'
import { say } from './words'
import { countAt, insertItem, locate, type Plan, parsePlan, removeItem, setAt, swapItems, textAt } from './yaml_edit'

const CHECK_MS = 600
const bytesOf = (text: string) => base64(new TextEncoder().encode(text))

// What the server says to the text, a moment after the last key.
function useCheck(text: string) {
  const [faults, setFaults] = useState<PlaybookFaultJson[] | null>(null)
  const [error, setError] = useState<unknown>()
  useEffect(() => {
    let over = false
    const timer = setTimeout(() => {
      playbooks.checkPlaybook({ source: bytesOf(text) }).then(
        (answer) => {
          if (over) return
          setFaults(answer.faults ?? [])
          setError(undefined)
        },
        (failure) => over || setError(failure),
      )
    }, CHECK_MS)
    return () => {
      over = true
      clearTimeout(timer)
    }
  }, [text])
  return { faults, error }
}

interface ListProps {
  plan: Plan
  text: string
  at: number
  faulty: ReadonlySet<number>
  onPick: (step: number) => void
  onText: (text: string, at: number) => void
}

// The number after the highest one.
export function nextNumber(numbers: readonly string[]): string {
  const highest = Math.max(0, ...numbers.map((no) => Number(no)).filter((n) => Number.isInteger(n)))
  return String(highest + 1).padStart(2, '0')
}

function StepList({ plan, text, at, faulty, onPick, onText }: ListProps) {
  const count = countAt(plan, ['steps'])
  const numbers = Array.from({ length: count }, (_, i) => textAt(plan, ['steps', i, 'no']))
  const here = Math.max(at, 0)
  const add = () => {
    const step = {
      no: nextNumber(numbers),
      phase: textAt(plan, ['steps', here, 'phase']) || 'contain',
      target: textAt(plan, ['steps', here, 'target']) || '0m',
      role: textAt(plan, ['steps', here, 'role']) || 'handler',
      ...(numbers[here] ? { after: [numbers[here]] } : {}),
      text: { ja: '', en: '' },
    }
    onText(insertItem(text, ['steps'], step, count ? here : undefined), count ? here + 1 : 0)
  }
  return (
    <nav class="editor-list" aria-label={e.stepList}>
      <ul>
        {[-1, ...numbers.keys()].map((i) => (
          <li key={i}>
            <button type="button" aria-current={i === at ? 'true' : undefined} onClick={() => onPick(i)}>
              {i < 0 ? (
                <strong>{e.head}</strong>
              ) : (
                <>
                  <span class="num strong">{numbers[i]}</span>{' '}
                  {say({ ja: textAt(plan, ['steps', i, 'text', 'ja']), en: textAt(plan, ['steps', i, 'text', 'en']) })}
                </>
              )}
              {faulty.has(i) && <span class="late-mark"> ✕</span>}
            </button>
          </li>
        ))}
      </ul>
      <div class="row">
        <Button onClick={add}>{e.addStep}</Button>
        {at >= 0 && (
          <>
            <Button disabled={at === 0} onClick={() => onText(swapItems(text, ['steps'], at - 1), at - 1)}>
              {e.up}
            </Button>
            <Button disabled={at >= count - 1} onClick={() => onText(swapItems(text, ['steps'], at), at + 1)}>
              {e.down}
            </Button>
            <Button look="danger" onClick={() => onText(removeItem(text, ['steps', at]), Math.min(at, count - 2))}>
              {e.removeStep}
            </Button>
          </>
        )}
      </div>
    </nav>
  )
}

// The plain text; a fault picked brings the cursor to its line.
function SourceView(props: { text: string; line: number; onText: (text: string) => void }) {
  const area = useRef<HTMLTextAreaElement>(null)
  useEffect(() => {
    const box = area.current
    if (!box || props.line <= 0) return
    const from =
      props.text
        .split('\n')
        .slice(0, props.line - 1)
        .join('\n').length + (props.line > 1 ? 1 : 0)
    const to = props.text.indexOf('\n', from)
    box.focus()
    box.setSelectionRange(from, to < 0 ? props.text.length : to)
    box.scrollTop = Math.max(0, (props.line - 6) * 20)
  }, [props.line])
  return (
    <textarea
      ref={area}
      class="input yaml"
      aria-label={e.sourceLabel}
      spellcheck={false}
      wrap="off"
      value={props.text}
      onInput={(event) => props.onText(event.currentTarget.value)}
    />
  )
}

interface FormProps {
  plan: Plan
  text: string
  at: number
  faults: readonly PlaybookFaultJson[]
  onPick: (step: number) => void
  onText: (text: string, at?: number) => void
}

function Form({ plan, text, at, faults, onPick, onText }: FormProps) {
  const placed = faults.map((fault) => ({ fault, ...locate(plan, fault.line ?? 0) }))
  const faulty = new Set(placed.filter((one) => !one.fault.warning).map((one) => one.step))
  const edit: Edit = {
    plan,
    set: (path, value) => onText(setAt(text, path, value)),
    fault: (field) =>
      field === ''
        ? undefined
        : faultText(placed.flatMap((o) => (o.step === at && o.field === field ? [o.fault] : []))),
  }
  const numbers = Array.from({ length: countAt(plan, ['steps']) }, (_, i) => textAt(plan, ['steps', i, 'no']))
  return (
    <div class="editor-columns">
      <StepList plan={plan} text={text} at={at} faulty={faulty} onPick={onPick} onText={onText} />
      <section class="editor-form" aria-label={e.form}>
        {at < 0 ? <HeadForm edit={edit} /> : <StepForm key={at} edit={edit} index={at} numbers={numbers} />}
      </section>
      {at >= 0 && <Preview plan={plan} index={at} />}
    </div>
  )
}

function Verdict(props: { faults: readonly PlaybookFaultJson[] | null; onPick: (fault: PlaybookFaultJson) => void }) {
  if (!props.faults) return <p class="quiet small">{e.checking}</p>
  if (props.faults.length === 0) return <p class="small good">✓ {e.clean}</p>
  return (
    <div class="verdict">
      <FaultList faults={props.faults} onPick={props.onPick} />
    </div>
  )
}

interface OpenProps {
  id: string
  source: string
  answer: GetPlaybookResponseJson | null
}

function Opened({ id, source, answer }: OpenProps) {
  const draft = useDraft(`plan/${id || 'new'}`, {
    text: source,
    reason: '',
    organId: answer?.revision?.organ?.id ?? '',
    takenUp: false,
  })
  const form = draft.value.value
  const [view, setView] = useState<'form' | 'yaml'>('form')
  const [at, setAtStep] = useState(id ? 0 : -1)
  const [line, setLine] = useState(0)
  const send = useSend()
  const plan = useMemo(() => parsePlan(form.text), [form.text])
  const { faults, error } = useCheck(form.text)
  const revision = answer?.revision
  useTitle(`${e.title} ${textAt(plan, ['code'])}`)
  const onText = (text: string, step = at) => {
    draft.set({ text })
    setAtStep(step)
  }
  const pick = (fault: PlaybookFaultJson) => {
    const place = locate(plan, fault.line ?? 0)
    setAtStep(place.step)
    setLine(fault.line ?? 0)
    if (plan.broken) setView('yaml')
  }
  const keep = () =>
    send.run(async (operationId) => {
      const kept = await playbooks.importPlaybook({
        operationId,
        source: bytesOf(form.text),
        organId: form.organId || undefined,
        basedOnId: (form.takenUp && revision?.cityId) || undefined,
        reason: form.reason.trim() || undefined,
        replacesId: answer?.allowedActs?.includes('EDIT') ? revision?.id : undefined,
      })
      await draft.clear()
      toast(e.saved)
      navigate(`/plans/${kept.revision?.id}`)
    })
  return (
    <div class="page editor">
      <header class="row spread">
        <h1>
          {textAt(plan, ['code'])} {say({ ja: textAt(plan, ['title', 'ja']), en: textAt(plan, ['title', 'en']) })}
        </h1>
        {revision && <Edition one={revision} />}
        <Chips
          label={e.title}
          single
          dense
          options={['form', 'yaml'] as const}
          name={(one) => (one === 'form' ? e.form : e.yaml)}
          value={[view] as ('form' | 'yaml')[]}
          onChange={([one]) => setView(one ?? view)}
        />
      </header>
      {draft.restored.value && form.text !== source && (
        <p class="note row spread">
          {e.restored}
          <Button look="plain" onClick={() => void draft.clear()}>
            {e.discard}
          </Button>
        </p>
      )}
      <ErrorNote error={error} />
      <Verdict faults={faults} onPick={pick} />
      {view === 'form' && plan.broken && (
        <p class="note warn">
          {e.broken} ({e.line(plan.broken.line)})
        </p>
      )}
      {view === 'form' && !plan.broken && (
        <Form plan={plan} text={form.text} at={at} faults={faults ?? []} onPick={setAtStep} onText={onText} />
      )}
      {view === 'yaml' && <SourceView text={form.text} line={line} onText={(text) => onText(text)} />}
      <footer class="editor-foot">
        <TextField label={e.reason} maxLength={500} value={form.reason} onInput={(reason) => draft.set({ reason })} />
        {!answer && <OrganSelect value={form.organId} onChange={(organId) => draft.set({ organId })} />}
        {revision && isBehind(revision) && (
          <label class="check">
            <input
              type="checkbox"
              checked={form.takenUp}
              onChange={(event) => draft.set({ takenUp: event.currentTarget.checked })}
            />
            <span>{p.takenUp}</span>
          </label>
        )}
        <ErrorNote error={send.error} />
        <Button
          look="solid"
          busy={send.busy}
          disabled={form.text === source && !form.takenUp}
          onClick={() => void keep()}
        >
          {e.save}
        </Button>
      </footer>
    </div>
  )
}

export default function Editor({ id }: { id: string }) {
  const [answer, setAnswer] = useState<GetPlaybookResponseJson | null>(null)
  const [error, setError] = useState<unknown>()
  const load = () => {
    setError(undefined)
    if (id) playbooks.getPlaybook({ id }).then(setAnswer, setError)
  }
  useEffect(load, [id])
  if (!id) return <Opened id="" source={TEMPLATE} answer={null} />
  if (!answer) return <div class="page">{error ? <ErrorNote error={error} onRetry={load} /> : <Loading />}</div>
  return <Opened id={id} source={answer.source ?? ''} answer={answer} />
}
