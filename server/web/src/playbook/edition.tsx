// SPDX-License-Identifier: Apache-2.0
// Editions of a plan: the city's, and those that organs made of it. Whose one is, what it goes by, and beginning another.
import { useEffect, useState } from 'preact/hooks'
import { cityNeeded, units } from '../base/city'
import { navigate } from '../base/router'
import type { UnitJson } from '../gen/sokuo/v1/directory_pb'
import type { GetPlaybookResponseJson, RevisionJson, RunJson } from '../gen/sokuo/v1/playbook_pb'
import { Button } from '../ui/button'
import { FormDialog } from '../ui/dialog'
import { Select, TextField } from '../ui/field'
import { toast } from '../ui/toast'
import { mayWrite } from './may'
import { p, revisionStateName } from './plan_texts'
import { useSend } from './send'
import { playbooks } from './services'

export const organs = (): UnitJson[] => units.value.filter((unit) => unit.kind === 'UNIT_KIND_ORGAN' && unit.active)

export const editionName = (one: Pick<RevisionJson, 'organ'> | RunJson | undefined) =>
  one?.organ?.name ? p.editionOf(one.organ.name) : p.cityEdition

// Whose edition it is; an organ's stands out.
export function Edition({ one }: { one: Pick<RevisionJson, 'organ'> | RunJson }) {
  return <span class={one.organ ? 'edition own' : 'edition quiet'}>{editionName(one)}</span>
}

// The city's plan was changed after the organ's edition was written from it.
export const isBehind = (one: RevisionJson) => Boolean(one.cityId && one.basedOnId && one.cityId !== one.basedOnId)

export function base64(bytes: Uint8Array): string {
  let text = ''
  for (let i = 0; i < bytes.length; i += 32_768) text += String.fromCharCode(...bytes.subarray(i, i + 32_768))
  return btoa(text)
}

// The heads of all editions of a plan, the city's first.
export function useEditions(revision: RevisionJson | undefined): RevisionJson[] {
  const [list, setList] = useState<RevisionJson[]>([])
  const code = revision?.code
  useEffect(() => {
    if (!code) return
    playbooks.listPlaybooks({}).then(
      (answer) => setList((answer.revisions ?? []).filter((one) => one.code === code)),
      () => setList([]),
    )
  }, [code, revision])
  return list
}

interface BeginProps {
  answer: GetPlaybookResponseJson
  editions: readonly RevisionJson[]
  onClose: () => void
}

// The city's text with the organ set, kept as the organ's draft and opened in the editor. Where the organ has an edition, the
// way leads there.
function BeginDialog({ answer, editions, onClose }: BeginProps) {
  useEffect(cityNeeded, [])
  const [organId, setOrganId] = useState('')
  const [reason, setReason] = useState('')
  const send = useSend()
  const list = organs()
  const organ = list.find((one) => one.id === organId)
  const there = editions.find((one) => organId && one.organ?.id === organId)
  const name = (id: string) => {
    const unit = list.find((one) => one.id === id)
    return unit ? `${unit.name}${editions.some((one) => one.organ?.id === id) ? p.editionThere : ''}` : p.choose
  }
  const begin = () =>
    send.run(async (operationId) => {
      if (there) return navigate(`/plans/${there.pendingId || there.id}`)
      const { setAt } = await import('./yaml_edit')
      const source = setAt(answer.source ?? '', ['organs'], [organ?.code ?? ''])
      const kept = await playbooks.importPlaybook({
        operationId,
        source: base64(new TextEncoder().encode(source)),
        organId,
        basedOnId: answer.revision?.id,
        reason: reason.trim() || undefined,
      })
      toast(p.editionBegun(organ?.name ?? ''))
      navigate(`/plans/${kept.revision?.id}/edit`)
    })
  return (
    <FormDialog
      title={p.editionTitle(answer.revision?.code ?? '')}
      submit={there ? p.editionOpen : p.editionBegin(organ?.name ?? '')}
      busy={send.busy}
      error={send.error}
      disabled={!organ}
      onClose={onClose}
      onSubmit={() => void begin()}
    >
      <p>{p.editionHint}</p>
      <Select
        label={p.editionFor}
        value={organId}
        options={['', ...list.map((one) => one.id ?? '')]}
        name={name}
        onChange={setOrganId}
      />
      {there ? (
        <p class="note">{p.editionThereHint(organ?.name ?? '', revisionStateName(there.state))}</p>
      ) : (
        <TextField label={p.reason} rows={2} maxLength={500} value={reason} onInput={setReason} />
      )}
    </FormDialog>
  )
}

// Only from the city's text in force; what is not in force is nobody's ground yet.
export function BeginEdition(props: { answer: GetPlaybookResponseJson; editions: readonly RevisionJson[] }) {
  const [open, setOpen] = useState(false)
  const one = props.answer.revision
  if (!mayWrite.value || one?.organ || one?.state !== 'REVISION_STATE_EFFECTIVE') return null
  return (
    <>
      <Button onClick={() => setOpen(true)}>{p.editionMake}</Button>
      {open && <BeginDialog {...props} onClose={() => setOpen(false)} />}
    </>
  )
}

// The other editions, each with its state: who reads one must know that others act by another text.
function Others({ here, editions }: { here: RevisionJson; editions: readonly RevisionJson[] }) {
  const others = editions.filter((one) => one.playbookId !== here.playbookId)
  if (others.length === 0) return null
  return (
    <p class="row small editions">
      <span>{p.editionOthers}</span>
      {others.map((one) => (
        <a key={one.id} href={`/plans/${one.id}`}>
          {editionName(one)} ({revisionStateName(one.state)})
        </a>
      ))}
    </p>
  )
}

interface LineageProps {
  one: RevisionJson
  editions: readonly RevisionJson[]
  onCompare: (id: string) => void
}

// What an organ's edition goes by, and whether that is old.
export function Lineage({ one, editions, onCompare }: LineageProps) {
  const city = editions.find((other) => other.id === one.cityId)
  return (
    <div class="stack-small no-print">
      {one.organ && !isBehind(one) && (
        <p class="row small editions">
          <span>{p.editionScope(one.organ.name ?? '')}</span>
          {one.basedOnId && <a href={`/plans/${one.basedOnId}`}>{p.basedOn(one.basedOnNumber ?? 0)}</a>}
          {one.basedOnId && <Button onClick={() => onCompare(one.basedOnId ?? '')}>{p.compareCity}</Button>}
        </p>
      )}
      {one.organ && isBehind(one) && (
        <div class="note warn stack-small">
          <p>▲ {p.behind(one.basedOnNumber ?? 0, city?.number ?? 0)}</p>
          <p class="row">
            <Button onClick={() => onCompare(one.cityId ?? '')}>{p.compareCityNow}</Button>
            <a href={`/plans/${one.basedOnId}`}>{p.basedOn(one.basedOnNumber ?? 0)}</a>
            <a href={`/plans/${one.cityId}`}>{p.cityNow}</a>
          </p>
        </div>
      )}
      <Others here={one} editions={editions} />
    </div>
  )
}
