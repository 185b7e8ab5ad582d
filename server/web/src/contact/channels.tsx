// SPDX-License-Identifier: Apache-2.0
// Ways out: the mail server, webhooks, gateways; with a test that says what the other side answered.
import { useEffect, useState } from 'preact/hooks'
import { jstShort } from '../base/clock'
import { hasRole } from '../base/session'
import { uuid } from '../base/uuid'
import type { ChannelJson, ChannelKindJson, TestChannelResponseJson } from '../gen/sokuo/v1/contact_pb'
import { Button } from '../ui/button'
import { FormDialog } from '../ui/dialog'
import { Chips, Select, TextField } from '../ui/field'
import { Loading } from '../ui/parts'
import { ErrorNote, toast } from '../ui/toast'
import './contact.css'
import { contacts } from './services'
import { t } from './texts'
import { channelName, kindName, TEMPLATES } from './words'

const NEW: ChannelJson = {
  kind: 'CHANNEL_KIND_SMTP',
  name: '',
  url: '',
  reaches: ['CONTACT_KIND_MAIL'],
  requiresTls: true,
  enabled: true,
  servesExercises: true,
}
const MADE: ChannelKindJson[] = ['CHANNEL_KIND_SMTP', 'CHANNEL_KIND_WEBHOOK']

function Check({ label, on, onChange }: { label: string; on: boolean | undefined; onChange: (on: boolean) => void }) {
  return (
    <label class="check">
      <input type="checkbox" checked={on ?? false} onChange={() => onChange(!on)} />
      {label}
    </label>
  )
}

interface FieldsProps {
  channel: ChannelJson
  change: (part: Partial<ChannelJson>) => void
}

function MailFields({ channel, change }: FieldsProps) {
  return (
    <>
      <TextField
        label={t.sender}
        value={channel.sender ?? ''}
        maxLength={254}
        required
        onInput={(sender) => change({ sender })}
      />
      <TextField label={t.user} value={channel.user ?? ''} maxLength={254} onInput={(user) => change({ user })} />
      <Check label={t.tls} on={channel.requiresTls} onChange={(requiresTls) => change({ requiresTls })} />
    </>
  )
}

function HookFields({ channel, change }: FieldsProps) {
  return (
    <>
      <Select
        label={t.template}
        value={channel.template || 'generic'}
        options={TEMPLATES as readonly string[]}
        name={(one) => one}
        onChange={(template) => change({ template })}
      />
      {(channel.template || 'generic') === 'generic' && (
        <>
          <TextField
            label={t.body}
            value={channel.body ?? ''}
            rows={4}
            maxLength={8000}
            onInput={(body) => change({ body })}
          />
          <TextField
            label={t.headers}
            value={channel.headers ?? ''}
            rows={2}
            maxLength={2000}
            onInput={(headers) => change({ headers })}
          />
        </>
      )}
    </>
  )
}

function ChannelForm(props: { channel: ChannelJson; onClose: (saved: boolean) => void }) {
  const [channel, setChannel] = useState(props.channel)
  const [secret, setSecret] = useState('')
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>()
  const change = (part: Partial<ChannelJson>) => setChannel({ ...channel, ...part })
  const mail = channel.kind === 'CHANNEL_KIND_SMTP'
  const save = async () => {
    setBusy(true)
    try {
      await contacts.saveChannel({ operationId: uuid(), channel, secret })
      toast(t.saved)
      props.onClose(true)
    } catch (e) {
      setError(e)
    } finally {
      setBusy(false)
    }
  }
  const own = MADE.includes(channel.kind ?? 'CHANNEL_KIND_UNSPECIFIED')
  return (
    <FormDialog
      title={channel.id ? (channel.name ?? '') : t.channelAdd}
      wide
      submit={t.save}
      busy={busy}
      error={error}
      disabled={!channel.name?.trim() || (own && !channel.url?.trim())}
      onClose={() => props.onClose(false)}
      onSubmit={() => void save()}
    >
      {!channel.id && (
        <Chips
          label={t.kind}
          single
          options={MADE}
          name={channelName}
          value={[channel.kind ?? 'CHANNEL_KIND_SMTP']}
          onChange={([kind]) =>
            kind &&
            change({ kind, reaches: [kind === 'CHANNEL_KIND_SMTP' ? 'CONTACT_KIND_MAIL' : 'CONTACT_KIND_CHAT'] })
          }
        />
      )}
      <TextField
        label={t.name}
        value={channel.name ?? ''}
        maxLength={100}
        required
        onInput={(name) => change({ name })}
      />
      {own && (
        <>
          <TextField
            label={t.url}
            hint={mail ? t.urlSmtp : t.urlHook}
            value={channel.url ?? ''}
            maxLength={500}
            required
            onInput={(url) => change({ url })}
          />
          {mail ? <MailFields channel={channel} change={change} /> : <HookFields channel={channel} change={change} />}
          <TextField
            label={t.secret}
            hint={channel.hasSecret ? t.secretKept : undefined}
            type="password"
            autocomplete="new-password"
            value={secret}
            onInput={setSecret}
          />
          <div class="field">
            <div class="head">{t.reaches}</div>
            <Chips
              label={t.reaches}
              options={kindName.keys}
              name={kindName}
              value={channel.reaches ?? []}
              onChange={(reaches) => change({ reaches })}
            />
          </div>
        </>
      )}
      <TextField
        label={t.perMinute}
        inputMode="numeric"
        maxLength={6}
        value={String(channel.perMinute ?? 0)}
        onInput={(n) => change({ perMinute: Math.max(0, Math.floor(Number(n) || 0)) })}
      />
      <Check label={t.enabled} on={channel.enabled} onChange={(enabled) => change({ enabled })} />
      <Check
        label={t.exercises}
        on={channel.servesExercises}
        onChange={(servesExercises) => change({ servesExercises })}
      />
    </FormDialog>
  )
}

function TestForm({ channel, onClose }: { channel: ChannelJson; onClose: () => void }) {
  const [address, setAddress] = useState('')
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>()
  const [answer, setAnswer] = useState<TestChannelResponseJson | null>(null)
  const send = async () => {
    setBusy(true)
    setError(undefined)
    setAnswer(null)
    try {
      setAnswer(await contacts.testChannel({ channelId: channel.id, address: address.trim() }, { timeoutMs: 60_000 }))
    } catch (e) {
      setError(e)
    } finally {
      setBusy(false)
    }
  }
  return (
    <FormDialog
      title={`${t.channelTest}: ${channel.name}`}
      submit={t.channelTest}
      busy={busy}
      error={error}
      disabled={!address.trim()}
      onClose={onClose}
      onSubmit={() => void send()}
    >
      <TextField label={t.testTo} value={address} maxLength={254} required onInput={setAddress} />
      {answer && (
        <p class={`note ${answer.ok ? 'good' : 'error'}`} role="status">
          {answer.ok ? `✓ ${t.testOk(answer.answer ?? '')}` : `✕ ${t.testBad(answer.answer ?? '')}`}
        </p>
      )}
    </FormDialog>
  )
}

function ChannelCard(props: { channel: ChannelJson; may: boolean; onEdit: () => void; onTest: () => void }) {
  const { channel, may, onEdit, onTest } = props
  const testable = MADE.includes(channel.kind ?? 'CHANNEL_KIND_UNSPECIFIED')
  return (
    <li class="card stack">
      <p class="row spread">
        <span>
          <strong>{channel.name}</strong> <span class="small quiet">{channelName(channel.kind)}</span>
        </span>
        {!channel.enabled && <span class="state">― {t.off}</span>}
      </p>
      {channel.url && <p class="small contact-url">{channel.url}</p>}
      {(channel.reaches?.length ?? 0) > 0 && (
        <p class="small">
          {t.reaches}: {channel.reaches?.map(kindName).join('、')}
        </p>
      )}
      {channel.openUntil && <p class="contact-bad small">⚠ {t.open(jstShort(channel.openUntil))}</p>}
      {channel.lastFault && <p class="contact-bad small">⚠ {channel.lastFault}</p>}
      {testable && (
        <p class="small quiet">{channel.lastSentAt ? t.lastSent(jstShort(channel.lastSentAt)) : t.neverSent}</p>
      )}
      {may && (
        <div class="row">
          {channel.id && (
            <Button onClick={onEdit} aria-label={`${channel.name} ${t.channelEdit}`}>
              {t.channelEdit}
            </Button>
          )}
          {channel.id && testable && <Button onClick={onTest}>{t.channelTest}</Button>}
        </div>
      )}
    </li>
  )
}

export default function Channels() {
  const [list, setList] = useState<ChannelJson[] | null>(null)
  const [error, setError] = useState<unknown>()
  const [editing, edit] = useState<ChannelJson | null>(null)
  const [testing, test] = useState<ChannelJson | null>(null)
  const may = hasRole('ROLE_ADMIN')
  const load = () => contacts.listChannels({}).then((answer) => setList(answer.channels ?? []), setError)
  useEffect(() => void load(), [])
  return (
    <div class="stack">
      <div class="row spread">
        <h2>{t.channels}</h2>
        {may && <Button onClick={() => edit(NEW)}>{t.channelAdd}</Button>}
      </div>
      <p class="small">{t.channelsHint}</p>
      <ErrorNote error={error} onRetry={() => void load()} />
      {!list && !error && <Loading />}
      <ul class="stack">
        {list?.map((one, i) => (
          <ChannelCard key={one.id ?? i} channel={one} may={may} onEdit={() => edit(one)} onTest={() => test(one)} />
        ))}
      </ul>
      {editing && (
        <ChannelForm
          channel={editing}
          onClose={(saved) => {
            edit(null)
            if (saved) void load()
          }}
        />
      )}
      {testing && <TestForm channel={testing} onClose={() => test(null)} />}
    </div>
  )
}
