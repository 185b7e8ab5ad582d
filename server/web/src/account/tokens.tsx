// SPDX-License-Identifier: Apache-2.0
import { useEffect, useState } from 'preact/hooks'
import { fromInput } from '../base/clock'
import { auth } from '../base/services'
import type { TokenJson } from '../gen/sokuo/v1/auth_pb'
import { Button } from '../ui/button'
import { TextField } from '../ui/field'
import { Empty } from '../ui/parts'
import { Time } from '../ui/time'
import { ErrorNote, toast } from '../ui/toast'
import { useTry } from './form'
import { t } from './texts'

function Secret({ secret }: { secret: string }) {
  const copy = () =>
    navigator.clipboard?.writeText(secret).then(
      () => toast(t.copied),
      () => undefined,
    )
  return (
    <div class="note warn stack">
      <p>{t.tokenOnce}</p>
      <p>
        <code class="secret">{secret}</code>
      </p>
      {'clipboard' in navigator && <Button onClick={copy}>{t.copy}</Button>}
    </div>
  )
}

export function Tokens() {
  const [tokens, setTokens] = useState<TokenJson[]>([])
  const [form, setForm] = useState({ name: '', until: '', password: '' })
  const [secret, setSecret] = useState('')
  const { busy, error, run } = useTry()
  const load = async () => setTokens((await auth.listTokens({})).tokens ?? [])
  useEffect(() => void run(load), [])

  const create = () =>
    run(async () => {
      const { name, password, until } = form
      const expiresAt = until ? fromInput(`${until}T23:59`) : undefined
      const answer = await auth.createToken({ name: name.trim(), password, expiresAt })
      setSecret(answer.secret ?? '')
      setForm({ name: '', until: '', password: '' })
      await load()
    })
  const revoke = (id: string | undefined) =>
    run(async () => {
      await auth.revokeToken({ id })
      await load()
    })
  return (
    <section class="card stack">
      <h2>{t.tokens}</h2>
      <p class="small quiet">{t.tokensHint}</p>
      {tokens.length === 0 && <Empty title={t.tokensNone} />}
      <ul class="list">
        {tokens.map((token) => (
          <li key={token.id} class="session">
            <div>
              <strong>{token.name}</strong> <code>{token.prefix}…</code>
              <div class="small quiet">
                {t.lastUsed} {token.lastUsedAt ? <Time at={token.lastUsedAt} /> : '—'} · {t.expires}{' '}
                {token.expiresAt ? <Time at={token.expiresAt} /> : t.never}
              </div>
            </div>
            <Button look="danger" onClick={() => void revoke(token.id)}>
              {t.end}
            </Button>
          </li>
        ))}
      </ul>
      {secret && <Secret secret={secret} />}
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault()
          void create()
        }}
      >
        <TextField
          label={t.tokenName}
          maxLength={100}
          value={form.name}
          onInput={(name) => setForm({ ...form, name })}
        />
        <TextField
          label={t.tokenUntil}
          type="date"
          value={form.until}
          onInput={(until) => setForm({ ...form, until })}
        />
        <TextField
          label={t.current}
          type="password"
          autocomplete="current-password"
          value={form.password}
          onInput={(password) => setForm({ ...form, password })}
        />
        <ErrorNote error={error} />
        <Button type="submit" busy={busy} disabled={!form.name.trim() || !form.password}>
          {t.tokenCreate}
        </Button>
      </form>
    </section>
  )
}
