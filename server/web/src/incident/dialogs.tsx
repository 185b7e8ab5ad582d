// SPDX-License-Identifier: Apache-2.0
// The acts on an incident, one dialog each.
import { useEffect, useState } from 'preact/hooks'
import { fromInput } from '../base/clock'
import { useDraft } from '../base/drafts'
import { capacityName, confidentialityName, linkName, severityName, stateName, typeName } from '../base/labels'
import { navigate } from '../base/router'
import { CallError } from '../base/rpc'
import { incidents } from '../base/services'
import { t as common } from '../base/texts'
import { uuid } from '../base/uuid'
import type { ConfidentialityJson, RefJson } from '../gen/sokuo/v1/common_pb'
import type {
  IncidentJson,
  IncidentStateJson,
  IncidentTypeJson,
  LinkKindJson,
  MemberAccessJson,
  MemberJson,
  PossibleTransitionJson,
  SeverityJson,
} from '../gen/sokuo/v1/incident_pb'
import { Button, HoldButton } from '../ui/button'
import { Dialog, FormDialog } from '../ui/dialog'
import { Chips, Select, TextField } from '../ui/field'
import { Empty } from '../ui/parts'
import { PersonPick } from '../ui/picks'
import { Time } from '../ui/time'
import { ErrorNote, toast, toastError } from '../ui/toast'
import { useAct } from './act'
import type { IncidentStore } from './store'
import { t } from './texts'
import { missingName } from './words'

export interface ActProps {
  store: IncidentStore
  incident: IncidentJson
  onClose: () => void
}

// A reason that stays on the device until the act is done.
function useReason(key: string) {
  const draft = useDraft(key, { reason: '' })
  return { reason: draft.value.value.reason, setReason: (reason: string) => draft.set({ reason }), clear: draft.clear }
}

const NEEDS_REASON: IncidentStateJson[] = [
  'INCIDENT_STATE_ERADICATION',
  'INCIDENT_STATE_CLOSED',
  'INCIDENT_STATE_CLOSED_FALSE',
]

export function TransitionDialog({ store, incident, move, onClose }: ActProps & { move: PossibleTransitionJson }) {
  const { reason, setReason, clear } = useReason(`move/${incident.id}/${move.to}`)
  const [at, setAt] = useState('')
  const [until, setUntil] = useState('')
  const act = useAct(store, () => {
    void clear()
    onClose()
  })
  const to = move.to ?? 'INCIDENT_STATE_UNSPECIFIED'
  const name = stateName(to)
  const needed = NEEDS_REASON.includes(to) || (move.missing?.includes('REASON') ?? false)
  const ready = !needed || reason.trim() !== ''
  const run = () =>
    act.run(async (operationId, version) => {
      const answer = await incidents.transitionIncident({
        operationId,
        version,
        id: incident.id,
        toState: to,
        reason: reason.trim() || undefined,
        occurredAt: fromInput(at),
        monitoringUntil: fromInput(until),
      })
      return answer.incident
    })
  const body = (
    <>
      {move.missing?.length ? <p class="small">{t.missing(move.missing.map(missingName).join('、'))}</p> : null}
      <TextField
        label={t.ground}
        hint={t.groundHint}
        rows={2}
        required={needed}
        maxLength={2000}
        value={reason}
        onInput={setReason}
      />
      {to === 'INCIDENT_STATE_MONITORING' && (
        <TextField label={t.observeUntil} type="datetime-local" value={until} onInput={setUntil} />
      )}
      <TextField label={t.happenedAt} type="datetime-local" value={at} onInput={setAt} />
    </>
  )
  // To activate calls many people: it takes a held press, not a second question.
  if (to === 'INCIDENT_STATE_ACTIVATED') {
    return (
      <Dialog title={t.moveTo(name)} onClose={onClose}>
        {body}
        <ErrorNote error={act.error} />
        <div class="acts">
          <Button onClick={onClose}>{common.cancel}</Button>
          <HoldButton onHeld={run} busy={act.busy}>
            {t.holdTo(name)}
          </HoldButton>
        </div>
      </Dialog>
    )
  }
  return (
    <FormDialog
      title={t.moveTo(name)}
      submit={t.moveTo(name)}
      busy={act.busy}
      error={act.error}
      disabled={!ready}
      onSubmit={run}
      onClose={onClose}
    >
      {body}
    </FormDialog>
  )
}

const TRIAGED: IncidentStateJson[] = [
  'INCIDENT_STATE_TRIAGE',
  'INCIDENT_STATE_HANDLING_LOCAL',
  'INCIDENT_STATE_ACTIVATED',
  'INCIDENT_STATE_CLOSED_FALSE',
]

export function TriageDialog({ store, incident, onClose }: ActProps) {
  const { reason, setReason, clear } = useReason(`triage/${incident.id}`)
  const [type, setType] = useState<IncidentTypeJson>(incident.incidentType ?? 'INCIDENT_TYPE_UNSPECIFIED')
  const [severity, setSeverity] = useState<SeverityJson>(incident.severity ?? 'SEVERITY_UNSPECIFIED')
  const [handler, setHandler] = useState<RefJson | null>(incident.handler ?? null)
  const [to, setTo] = useState<IncidentStateJson>('INCIDENT_STATE_TRIAGE')
  const act = useAct(store, () => {
    void clear()
    onClose()
  })
  const lowers =
    severityName.all.indexOf(severity) < severityName.all.indexOf(incident.severity ?? 'SEVERITY_UNSPECIFIED')
  return (
    <FormDialog
      title={t.triage}
      submit={t.decide}
      busy={act.busy}
      error={act.error}
      disabled={lowers && !reason.trim()}
      onClose={onClose}
      onSubmit={() =>
        act.run(async (operationId, version) => {
          const answer = await incidents.triageIncident({
            operationId,
            version,
            id: incident.id,
            incidentType: type,
            severity,
            reason: reason.trim() || undefined,
            handlerId: handler?.id,
            toState: to,
          })
          return answer.incident
        })
      }
    >
      <Select label={t.type} value={type} options={typeName.all} name={typeName} onChange={setType} />
      <div class="field">
        <div class="head">{t.severity}</div>
        <Chips
          label={t.severity}
          single
          options={severityName.keys}
          name={(value) => `${value.slice(-2)} ${severityName(value)}`}
          value={[severity]}
          onChange={([value]) => setSeverity(value ?? severity)}
        />
      </div>
      <TextField
        label={t.ground}
        hint={lowers ? t.lowerNeedsReason : t.groundHint}
        rows={2}
        required={lowers}
        maxLength={1000}
        value={reason}
        onInput={setReason}
      />
      <PersonPick label={t.newHandler} value={handler} onChange={setHandler} />
      <div class="field">
        <div class="head">{t.nextState}</div>
        <Chips
          label={t.nextState}
          single
          options={TRIAGED}
          name={stateName}
          value={[to]}
          onChange={([v]) => setTo(v ?? to)}
        />
      </div>
    </FormDialog>
  )
}

export function AssignDialog({ store, incident, onClose }: ActProps) {
  const { reason, setReason, clear } = useReason(`assign/${incident.id}`)
  const [handler, setHandler] = useState<RefJson | null>(incident.handler ?? null)
  const [commander, setCommander] = useState<RefJson | null>(incident.commander ?? null)
  const [capacity, setCapacity] = useState<'CAPACITY_SELF' | 'CAPACITY_ACTING'>('CAPACITY_SELF')
  const act = useAct(store, () => {
    void clear()
    onClose()
  })
  const other = (now: RefJson | null, before: RefJson | undefined) => (now?.id !== before?.id ? now?.id : undefined)
  const handlerId = other(handler, incident.handler)
  const commanderId = other(commander, incident.commander)
  return (
    <FormDialog
      title={t.assign}
      submit={t.decide}
      busy={act.busy}
      error={act.error}
      disabled={!handlerId && !commanderId}
      onClose={onClose}
      onSubmit={() =>
        act.run(async (operationId, version) => {
          const answer = await incidents.assignIncident({
            operationId,
            version,
            id: incident.id,
            handlerId,
            commanderId,
            commanderCapacity: commanderId ? capacity : undefined,
            reason: reason.trim() || undefined,
          })
          return answer.incident
        })
      }
    >
      <PersonPick label={t.newHandler} value={handler} onChange={setHandler} />
      <PersonPick label={t.newCommander} value={commander} onChange={setCommander} />
      {commanderId && (
        <div class="field">
          <div class="head">{t.commandsAs}</div>
          <Chips
            label={t.commandsAs}
            single
            options={['CAPACITY_SELF', 'CAPACITY_ACTING'] as const}
            name={capacityName}
            value={[capacity]}
            onChange={([value]) => setCapacity(value ?? capacity)}
          />
        </div>
      )}
      <TextField label={t.ground} hint={t.groundHint} rows={2} maxLength={500} value={reason} onInput={setReason} />
    </FormDialog>
  )
}

export function ClassifyDialog({ store, incident, onClose }: ActProps) {
  const { reason, setReason, clear } = useReason(`classify/${incident.id}`)
  const now = incident.confidentiality ?? 'CONFIDENTIALITY_INTERNAL'
  const [value, setValue] = useState<ConfidentialityJson>(now)
  const act = useAct(store, () => {
    void clear()
    onClose()
  })
  return (
    <FormDialog
      title={t.classify}
      submit={t.decide}
      busy={act.busy}
      error={act.error}
      disabled={value === now || !reason.trim()}
      onClose={onClose}
      onSubmit={() =>
        act.run(async (operationId, version) => {
          const request = { operationId, version, id: incident.id, confidentiality: value, reason: reason.trim() }
          const answer = await incidents.setConfidentiality(request)
          if (answer.secondApprovalPending) toast(t.secondApproval)
          return answer.incident
        })
      }
    >
      <p class="small">{t.classEffect}</p>
      <Chips
        label={t.newClass}
        single
        options={confidentialityName.keys}
        name={confidentialityName}
        value={[value]}
        onChange={([v]) => setValue(v ?? value)}
      />
      <TextField label={common.reason} rows={2} required maxLength={500} value={reason} onInput={setReason} />
    </FormDialog>
  )
}

export function MembersDialog({ incident, onClose }: ActProps) {
  const [members, setMembers] = useState<MemberJson[]>([])
  const [person, setPerson] = useState<RefJson | null>(null)
  const [access, setAccess] = useState<MemberAccessJson>('MEMBER_ACCESS_NAMED')
  const [reason, setReason] = useState('')
  const [until, setUntil] = useState('')
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>()
  const accessName = (value: MemberAccessJson | undefined) =>
    value === 'MEMBER_ACCESS_EXCLUDED' ? t.excluded : t.named

  const load = () =>
    incidents.listMembers({ id: incident.id }).then((answer) => setMembers(answer.members ?? []), setError)
  useEffect(() => void load(), [])

  const save = async (personId: string | undefined, value: MemberAccessJson) => {
    setBusy(true)
    setError(undefined)
    try {
      await incidents.setMember({
        operationId: uuid(),
        id: incident.id,
        personId,
        access: value,
        reason: reason.trim() || undefined,
        expiresAt: fromInput(until),
      })
      setPerson(null)
      setReason('')
      await load()
    } catch (e) {
      setError(e)
    } finally {
      setBusy(false)
    }
  }
  return (
    <FormDialog
      title={t.members}
      submit={t.addMember}
      busy={busy}
      error={error}
      disabled={!person}
      onClose={onClose}
      onSubmit={() => void save(person?.id, access)}
    >
      {members.length === 0 ? (
        <Empty title={t.noMembers} />
      ) : (
        <ul class="list">
          {members.map((member) => (
            <li key={member.person?.id} class="row spread">
              <span>
                {member.person?.name}{' '}
                <span class="small quiet">
                  {accessName(member.access)} {member.reason} {member.expiresAt && <Time at={member.expiresAt} />}
                </span>
              </span>
              <Button onClick={() => void save(member.person?.id, 'MEMBER_ACCESS_UNSPECIFIED')}>{common.remove}</Button>
            </li>
          ))}
        </ul>
      )}
      <PersonPick label={t.addMember} value={person} onChange={setPerson} />
      <Chips
        label={t.members}
        single
        options={['MEMBER_ACCESS_NAMED', 'MEMBER_ACCESS_EXCLUDED'] as const}
        name={accessName}
        value={[access] as ('MEMBER_ACCESS_NAMED' | 'MEMBER_ACCESS_EXCLUDED')[]}
        onChange={([value]) => setAccess(value ?? access)}
      />
      <TextField label={common.reason} maxLength={500} value={reason} onInput={setReason} />
      <TextField label={t.until} type="datetime-local" value={until} onInput={setUntil} />
    </FormDialog>
  )
}

// Finds the other incident by its number; the server knows ids only.
async function idOf(number: string): Promise<string> {
  const answer = await incidents.getIncident({ id: number.normalize('NFKC').trim(), entryCount: 1 })
  if (!answer.incident?.id) throw new CallError('not_found', common.notFound)
  return answer.incident.id
}

export function LinkDialog({ store, incident, onClose }: ActProps) {
  const [number, setNumber] = useState('')
  const [kind, setKind] = useState<LinkKindJson>('LINK_KIND_RELATED')
  const act = useAct(store, onClose)
  const untie = (otherId: string | undefined, tie: LinkKindJson | undefined) =>
    incidents
      .linkIncidents({ operationId: uuid(), id: incident.id, otherId, kind: tie, remove: true })
      .then((answer) => {
        store.took(answer.incident)
        onClose()
      }, toastError)
  return (
    <FormDialog
      title={t.link}
      submit={t.link}
      busy={act.busy}
      error={act.error}
      disabled={!number.trim()}
      onClose={onClose}
      onSubmit={() =>
        act.run(async (operationId) => {
          const otherId = await idOf(number)
          return (await incidents.linkIncidents({ operationId, id: incident.id, otherId, kind })).incident
        })
      }
    >
      {incident.links?.map((link) => (
        <p key={link.incidentId} class="row spread">
          <span>
            {linkName(link.kind)} {link.number} {link.title}
          </span>
          {(link.kind === 'LINK_KIND_RELATED' || link.kind === 'LINK_KIND_CAUSED_BY') && (
            <Button onClick={() => void untie(link.incidentId, link.kind)}>{t.untie}</Button>
          )}
        </p>
      ))}
      <TextField label={t.otherNumber} hint={t.otherNumberHint} value={number} maxLength={40} onInput={setNumber} />
      <Chips
        label={t.linkKind}
        single
        options={['LINK_KIND_RELATED', 'LINK_KIND_CAUSED_BY'] as const}
        name={linkName}
        value={[kind] as ('LINK_KIND_RELATED' | 'LINK_KIND_CAUSED_BY')[]}
        onChange={([value]) => setKind(value ?? kind)}
      />
    </FormDialog>
  )
}

export function MergeDialog({ store, incident, onClose }: ActProps) {
  const { reason, setReason, clear } = useReason(`merge/${incident.id}`)
  const [number, setNumber] = useState('')
  const act = useAct(store, () => {
    void clear()
    onClose()
  })
  const ready = number.trim() !== '' && reason.trim() !== ''
  return (
    <Dialog title={t.merge} onClose={onClose}>
      <p>{t.mergeEffect}</p>
      <TextField label={t.otherNumber} hint={t.otherNumberHint} value={number} maxLength={40} onInput={setNumber} />
      <TextField label={common.reason} rows={2} required maxLength={500} value={reason} onInput={setReason} />
      <ErrorNote error={act.error} />
      <div class="acts">
        <Button onClick={onClose}>{common.cancel}</Button>
        <HoldButton
          busy={act.busy || !ready}
          onHeld={() =>
            act.run(async (operationId) => {
              const intoId = await idOf(number)
              return (await incidents.mergeIncident({ operationId, id: incident.id, intoId, reason: reason.trim() }))
                .incident
            })
          }
        >
          {t.mergeHold}
        </HoldButton>
      </div>
    </Dialog>
  )
}

export function SplitDialog({ store, incident, onClose }: ActProps) {
  const draft = useDraft(`split/${incident.id}`, { title: '', description: '', reason: '' })
  const form = draft.value.value
  const [type, setType] = useState<IncidentTypeJson>(incident.incidentType ?? 'INCIDENT_TYPE_UNSPECIFIED')
  const [made, setMade] = useState<IncidentJson>()
  const act = useAct(store, () => void draft.clear())
  if (made) {
    return (
      <Dialog title={t.split} onClose={onClose}>
        <p>
          {made.number} {made.title}
        </p>
        <div class="acts">
          <Button onClick={onClose}>{common.close}</Button>
          <Button look="solid" onClick={() => navigate(`/incident/${made.number}`)}>
            {t.openIncident}
          </Button>
        </div>
      </Dialog>
    )
  }
  return (
    <FormDialog
      title={t.split}
      submit={t.splitAct}
      busy={act.busy}
      error={act.error}
      disabled={!form.title.trim() || !form.reason.trim()}
      onClose={onClose}
      onSubmit={() =>
        act.run(async (operationId) => {
          const answer = await incidents.splitIncident({ operationId, id: incident.id, ...form, incidentType: type })
          setMade(answer.incident)
          return answer.from
        })
      }
    >
      <TextField
        label={t.splitTitle}
        required
        maxLength={200}
        value={form.title}
        onInput={(title) => draft.set({ title })}
      />
      <TextField
        label={t.splitWhat}
        rows={3}
        maxLength={10000}
        value={form.description}
        onInput={(description) => draft.set({ description })}
      />
      <Select label={t.type} value={type} options={typeName.all} name={typeName} onChange={setType} />
      <TextField
        label={common.reason}
        rows={2}
        required
        maxLength={500}
        value={form.reason}
        onInput={(reason) => draft.set({ reason })}
      />
    </FormDialog>
  )
}

export { EditDialog } from './edit'
