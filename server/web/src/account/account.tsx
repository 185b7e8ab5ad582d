// SPDX-License-Identifier: Apache-2.0
// What a person decides about the own account: password, second step, recovery codes, logins, tokens.
import { useState } from 'preact/hooks'
import { useTitle } from '../base/bar'
import { auth } from '../base/services'
import { me, sessionRefresh } from '../base/session'
import { Button } from '../ui/button'
import { TextField } from '../ui/field'
import { ErrorNote, toast } from '../ui/toast'
import { useTry } from './form'
import { Sessions } from './sessions'
import { t } from './texts'
import { Tokens } from './tokens'
import { Totp } from './totp'
import './account.css'

const LEAST = 15

function Password() {
  const [current, setCurrent] = useState('')
  const [fresh, setFresh] = useState('')
  const { busy, error, run } = useTry()
  const short = LEAST - [...fresh].length
  const submit = () =>
    run(async () => {
      await auth.changePassword({ currentPassword: current, newPassword: fresh })
      if (me.value?.mustChangePassword) return location.reload() // all that was refused until now begins
      setCurrent('')
      setFresh('')
      toast(t.changed)
      await sessionRefresh()
    })
  return (
    <form
      class="card stack"
      onSubmit={(event) => {
        event.preventDefault()
        void submit()
      }}
    >
      <h2>{t.password}</h2>
      {me.value?.mustChangePassword && <p class="note warn">{t.mustChange}</p>}
      <input type="text" name="username" autocomplete="username" value={me.value?.login} hidden readOnly />
      <TextField
        label={t.current}
        type="password"
        autocomplete="current-password"
        value={current}
        onInput={setCurrent}
      />
      <TextField
        label={t.fresh}
        hint={fresh && short > 0 ? `${t.freshHint} ${t.tooShort(short)}` : t.freshHint}
        type="password"
        autocomplete="new-password"
        value={fresh}
        onInput={setFresh}
      />
      <ErrorNote error={error} />
      <Button type="submit" look="solid" busy={busy} disabled={!current || short > 0}>
        {t.change}
      </Button>
    </form>
  )
}

export default function Account() {
  useTitle(t.account)
  return (
    <div class="page account stack">
      <h1>{t.account}</h1>
      <p>
        {me.value?.person?.name} <span class="quiet">{me.value?.login}</span>
      </p>
      <div class="two">
        <div class="stack">
          <Password />
          <Totp />
        </div>
        <div class="stack">
          <Sessions />
          {!me.value?.mustChangePassword && <Tokens />}
        </div>
      </div>
    </div>
  )
}
