// SPDX-License-Identifier: Apache-2.0
// What several parts of the command view share: the incident's head, an act with a reason, a large act that is held.
import type { ComponentChildren } from 'preact'
import { useAct } from '../base/act'
import { useBarIncident, useTitle } from '../base/bar'
import { useDraft } from '../base/drafts'
import { t as common } from '../base/texts'
import type { IncidentJson } from '../gen/sokuo/v1/incident_pb'
import { ModeMark, Severity } from '../ui/badge'
import { Button, HoldButton } from '../ui/button'
import { Dialog } from '../ui/dialog'
import { TextField } from '../ui/field'
import { ErrorNote } from '../ui/toast'
import { t } from './texts'

export function Head({ incident, back }: { incident: IncidentJson | null; back?: boolean }) {
  const number = incident?.number ?? ''
  useTitle(`${t.title} ${number}`)
  useBarIncident(incident)
  return (
    <header class="command-head no-print">
      <a class="button plain" href={back ? `/command/${number}` : `/incident/${number}`}>
        ‹ {back ? t.back : t.toIncident}
      </a>
      <p class="row">
        <strong class="num">{number}</strong>
        {incident && <Severity value={incident.severity} short />}
        <ModeMark mode={incident?.mode} />
        <span>{incident?.title}</span>
      </p>
    </header>
  )
}

interface ReasonProps {
  title: string
  hint?: string
  submit: string
  // Where the typed reason is kept.
  draft: string
  label?: string
  hintOfField?: string
  max?: number
  // Held for a second instead of pressed.
  hold?: boolean
  optional?: boolean
  act: (reason: string, operationId: string) => Promise<unknown>
  onClose: (done: boolean) => void
  children?: ComponentChildren
}

// A text that is kept as a draft, then the act.
export function ReasonDialog(props: ReasonProps) {
  const draft = useDraft(props.draft, { text: '' })
  const { text } = draft.value.value
  const { busy, error, run } = useAct((id) => props.act(text.trim(), id))
  const lacks = !props.optional && !text.trim()
  const send = async () => {
    if (lacks || !(await run())) return
    await draft.clear()
    props.onClose(true)
  }
  return (
    <Dialog title={props.title} onClose={() => props.onClose(false)}>
      {props.hint && <p class="small">{props.hint}</p>}
      {props.children}
      <TextField
        label={props.label ?? t.why}
        hint={props.hintOfField}
        value={text}
        rows={3}
        maxLength={props.max ?? 500}
        required={!props.optional}
        onInput={(value) => draft.set({ text: value })}
      />
      <ErrorNote error={error} />
      <div class="acts">
        <Button onClick={() => props.onClose(false)}>{common.cancel}</Button>
        {props.hold && !lacks ? (
          <HoldButton busy={busy} onHeld={() => void send()}>
            {props.submit}
          </HoldButton>
        ) : (
          <Button look="solid" busy={busy} disabled={lacks} onClick={() => void send()}>
            {props.submit}
          </Button>
        )}
      </div>
    </Dialog>
  )
}
