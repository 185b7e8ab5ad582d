// SPDX-License-Identifier: Apache-2.0
// The chronology as it may leave the house: a time and a purpose, then what the server blacked out, on paper.
import { useState } from 'preact/hooks'
import { useAct } from '../base/act'
import { useTitle } from '../base/bar'
import { fromInput, jstFull, serverNow } from '../base/clock'
import { useDraft } from '../base/drafts'
import { entryKindName, modeName } from '../base/labels'
import { pageOf, usePageFoot } from '../base/page_foot'
import { incidents } from '../base/services'
import { me } from '../base/session'
import type { ExtractEntriesResponseJson, ExtractLineJson, IncidentJson } from '../gen/sokuo/v1/incident_pb'
import { Button } from '../ui/button'
import { TextField } from '../ui/field'
import { ErrorNote } from '../ui/toast'
import { Back } from './back'
import { t } from './texts'

const EMPTY = { from: '', until: '', purpose: '' }

function Form({ incident, onMade }: { incident: IncidentJson; onMade: (made: ExtractEntriesResponseJson) => void }) {
  const draft = useDraft(`extract/${incident.id}`, EMPTY)
  const form = draft.value.value
  const { busy, error, run } = useAct(async (operationId) => {
    const times = { from: fromInput(form.from), until: fromInput(form.until) }
    const made = await incidents.extractEntries({
      operationId,
      incidentId: incident.id,
      purpose: form.purpose,
      ...times,
    })
    await draft.clear()
    onMade(made)
  })
  const lacks = !form.purpose.trim()
  return (
    <section class="stack no-print">
      <p>{t.extractHint}</p>
      <TextField
        type="datetime-local"
        label={t.from}
        hint={t.fromHint}
        value={form.from}
        onInput={(from) => draft.set({ from })}
      />
      <TextField
        type="datetime-local"
        label={t.until}
        hint={t.whenHint}
        value={form.until}
        onInput={(until) => draft.set({ until })}
      />
      <TextField
        label={t.purpose}
        hint={t.extractPurposeHint}
        required
        maxLength={300}
        value={form.purpose}
        onInput={(purpose) => draft.set({ purpose })}
      />
      <ErrorNote error={error} />
      <Button look="primary" busy={busy} disabled={lacks} onClick={() => void run()}>
        {t.makeExtract}
      </Button>
    </section>
  )
}

function Row({ line }: { line: ExtractLineJson }) {
  const route = [line.sender, line.receiver && `→ ${line.receiver}`].filter(Boolean).join(' ')
  return (
    <tr>
      <td class="num">{line.seq}</td>
      <td class="num">{jstFull(line.occurredAt ?? line.recordedAt ?? '')}</td>
      <td>{entryKindName(line.kind)}</td>
      <td>
        {route && <p class="small">{route}</p>}
        {line.corrected ? <s class="pre">{line.text}</s> : <p class="pre">{line.text}</p>}
      </td>
      <td>{line.postName}</td>
    </tr>
  )
}

function Made({ incident, made }: { incident: IncidentJson; made: ExtractEntriesResponseJson }) {
  const number = `${incident.number}-${made.entry?.seq}`
  const mark = incident.mode && incident.mode !== 'MODE_REAL' ? `【${modeName(incident.mode)}】` : ''
  const printed = t.printedAt(jstFull(serverNow()).slice(0, 16), me.value?.person?.name ?? '')
  usePageFoot([`${t.extract} ${number}　${printed}`], mark)
  const heads = [t.no, t.at, t.kind, t.content, t.post]
  return (
    <article class="slip" style={{ page: pageOf(0) }}>
      <p class="note warn no-print" role="note">
        {t.readFirst}
      </p>
      <div class="row spread">
        <h1>
          {mark}
          {t.extract}
        </h1>
        <Button class="no-print" onClick={() => print()}>
          {t.print}
        </Button>
      </div>
      <p>
        {t.number} <span class="num">{number}</span> · {t.madeAt(jstFull(made.entry?.recordedAt ?? ''))}
        <br />
        {made.entry?.text}
      </p>
      <p class="small">
        {t.removed(made.namesRemoved ?? 0, made.contactsRemoved ?? 0, made.textsRemoved ?? 0)} {t.leftOut}
      </p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a table wider than the screen scrolls by keyboard */}
      <section class="slip-items extract-lines" aria-label={t.extract} tabIndex={0}>
        <table class="slip-table">
          <thead>
            <tr>
              {heads.map((head) => (
                <th key={head} scope="col">
                  {head}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {made.lines?.map((line) => (
              <Row key={line.seq} line={line} />
            ))}
          </tbody>
        </table>
      </section>
    </article>
  )
}

export function Extract({ incident }: { incident: IncidentJson }) {
  const [made, setMade] = useState<ExtractEntriesResponseJson | null>(null)
  useTitle(`${t.extract} ${incident.number}`)
  return (
    <div class="page stack custody">
      <Back to={`/custody/${incident.number}`}>{t.toList}</Back>
      {!made && <h1>{t.extract}</h1>}
      {made ? <Made incident={incident} made={made} /> : <Form incident={incident} onMade={setMade} />}
    </div>
  )
}
