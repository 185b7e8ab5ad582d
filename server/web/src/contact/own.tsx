// SPDX-License-Identifier: Apache-2.0
// My contact points: in what order, whether they work, proved by a code.
import { useEffect, useState } from 'preact/hooks'
import { useBarIncident, useTitle } from '../base/bar'
import { t as common } from '../base/texts'
import { uuid } from '../base/uuid'
import type { MessageLanguageJson, OwnContactPointJson } from '../gen/sokuo/v1/contact_pb'
import type { ContactKindJson } from '../gen/sokuo/v1/directory_pb'
import { Button } from '../ui/button'
import { FormDialog } from '../ui/dialog'
import { Chips, TextField } from '../ui/field'
import { Empty, Loading } from '../ui/parts'
import { Day } from '../ui/time'
import { ErrorNote, toast } from '../ui/toast'
import './contact.css'
import { Language } from './language'
import { Push } from './push'
import { contacts } from './services'
import { t } from './texts'
import { kindName } from './words'

const KINDS: ContactKindJson[] = [
  'CONTACT_KIND_MOBILE',
  'CONTACT_KIND_MAIL',
  'CONTACT_KIND_SMS',
  'CONTACT_KIND_PHONE',
  'CONTACT_KIND_CHAT',
]
const SPOKEN: ContactKindJson[] = ['CONTACT_KIND_MOBILE', 'CONTACT_KIND_PHONE']
type Points = OwnContactPointJson[]

function Add({ onDone, onClose }: { onDone: (points: Points) => void; onClose: () => void }) {
  const [kind, setKind] = useState<ContactKindJson>('CONTACT_KIND_MOBILE')
  const [address, setAddress] = useState('')
  const [own, setOwn] = useState(false)
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>()
  const save = async () => {
    setBusy(true)
    try {
      const done = await contacts.saveOwnContactPoint({
        operationId: uuid(),
        kind,
        address: address.trim(),
        private: own,
      })
      toast(t.saved)
      onDone(done.points ?? [])
    } catch (e) {
      setError(e)
    } finally {
      setBusy(false)
    }
  }
  const number = kind !== 'CONTACT_KIND_MAIL' && kind !== 'CONTACT_KIND_CHAT'
  return (
    <FormDialog
      title={t.add}
      submit={t.save}
      busy={busy}
      error={error}
      disabled={!address.trim()}
      onClose={onClose}
      onSubmit={() => void save()}
    >
      <Chips
        label={t.kind}
        single
        options={KINDS}
        name={kindName}
        value={[kind]}
        onChange={([one]) => setKind(one ?? kind)}
      />
      <TextField
        label={t.address}
        type={number ? 'tel' : 'text'}
        value={address}
        maxLength={254}
        required
        onInput={setAddress}
      />
      <label class="check">
        <input type="checkbox" checked={own} onChange={() => setOwn(!own)} />
        {t.private}
      </label>
    </FormDialog>
  )
}

interface PointProps {
  one: OwnContactPointJson
  place: number
  count: number
  // Answers what went wrong; nothing = it was done.
  act: (work: () => Promise<{ points?: Points }>, said: string) => Promise<unknown>
}

function Code({ one, act }: PointProps) {
  const [code, setCode] = useState('')
  const id = one.point?.id
  return (
    <form
      class="row contact-code"
      onSubmit={(event) => {
        event.preventDefault()
        void act(() => contacts.confirmContactPoint({ operationId: uuid(), id, code: code.trim() }), t.confirmed)
      }}
    >
      <TextField label={t.code} hint={t.codeHint} inputMode="numeric" maxLength={12} value={code} onInput={setCode} />
      <Button type="submit" look="solid" disabled={!code.trim()}>
        {t.confirm}
      </Button>
    </form>
  )
}

function Point(props: PointProps) {
  const { one, place, count } = props
  // Said beside the point it is about: the head of the page is out of sight on a phone.
  const [error, setError] = useState<unknown>()
  const act: PointProps['act'] = async (work, said) => {
    setError(undefined)
    setError(await props.act(work, said))
  }
  const { point = {} } = one
  const id = point.id
  const spoken = SPOKEN.includes(point.kind ?? 'CONTACT_KIND_UNSPECIFIED')
  const send = async () => {
    await contacts.testContactPoint({ operationId: uuid(), id })
    return contacts.listContactPoints({})
  }
  const put = (priority: number) =>
    act(
      () =>
        contacts.saveOwnContactPoint({
          operationId: uuid(),
          id,
          kind: point.kind,
          address: point.address,
          private: point.private,
          priority,
        }),
      t.saved,
    )
  const remove = async () => {
    const done = await contacts.removeContactPoint({ operationId: uuid(), id })
    if (done.unreachable) toast(t.unreachable)
    return done
  }
  const name = one.deviceName || point.address
  return (
    <li class="card stack contact-point">
      <p class="row spread">
        <span>
          <span class="num">{place + 1}.</span> <strong>{kindName(point.kind)}</strong> {name}
        </span>
        {one.isStale && point.confirmedAt ? (
          <strong class="contact-bad">⚠ {t.stale}</strong>
        ) : point.confirmedAt ? (
          <span class="small">
            ✓ {t.confirmedAt} <Day at={point.confirmedAt} />
          </span>
        ) : (
          <span class="unknown small">{one.awaitsCode ? t.awaits : t.never}</span>
        )}
      </p>
      {one.byHandOnly && <p class="small quiet">{t.byHand}</p>}
      {one.lastFault && <p class="small contact-bad">⚠ {t.fault(one.lastFault)}</p>}
      {one.awaitsCode && <Code {...props} act={act} />}
      <ErrorNote error={error} />
      <div class="row">
        {!one.byHandOnly && <Button onClick={() => void act(send, t.tested)}>{t.test}</Button>}
        {spoken && (
          <Button
            onClick={() => void act(() => contacts.confirmContactPoint({ operationId: uuid(), id }), t.confirmed)}
          >
            {t.still}
          </Button>
        )}
        <Button disabled={place === 0} aria-label={`${t.up}: ${name}`} onClick={() => void put(place)}>
          ↑
        </Button>
        <Button disabled={place === count - 1} aria-label={`${t.down}: ${name}`} onClick={() => void put(place + 2)}>
          ↓
        </Button>
        <Button look="danger" aria-label={`${t.remove}: ${name}`} onClick={() => void act(remove, t.removed)}>
          {t.remove}
        </Button>
      </div>
    </li>
  )
}

export default function Contacts() {
  useTitle(t.title)
  useBarIncident(null)
  const [points, setPoints] = useState<Points | null>(null)
  const [error, setError] = useState<unknown>()
  const [language, setLanguage] = useState<MessageLanguageJson>()
  const [adding, add] = useState(false)
  const act: PointProps['act'] = async (work, said) => {
    try {
      setPoints((await work()).points ?? [])
      if (said) toast(said)
    } catch (e) {
      return e
    }
  }
  const read = async () => {
    const answer = await contacts.listContactPoints({})
    setLanguage(answer.language)
    return answer
  }
  const load = async () => {
    setError(undefined)
    setError(await act(read, ''))
  }
  useEffect(() => void load(), [])
  return (
    <div class="page narrow stack">
      <h1>{t.title}</h1>
      <p class="small">{t.hint}</p>
      <ErrorNote error={error} onRetry={points ? undefined : () => void load()} />
      {!points && !error && <Loading />}
      {points?.length === 0 && (
        <Empty title={t.none}>
          <p>{t.noneHint}</p>
        </Empty>
      )}
      <ol class="stack">
        {points?.map((one, i) => (
          <Point key={one.point?.id} one={one} place={i} count={points.length} act={act} />
        ))}
      </ol>
      {points && (
        <Button look="primary" onClick={() => add(true)}>
          {t.add}
        </Button>
      )}
      <Push onDone={setPoints} />
      {language && <Language now={language} />}
      {adding && (
        <Add
          onDone={(next) => {
            setPoints(next)
            add(false)
          }}
          onClose={() => add(false)}
        />
      )}
      <a class="button" href="/settings">
        {common.settings}
      </a>
    </div>
  )
}
