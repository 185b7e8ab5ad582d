// SPDX-License-Identifier: Apache-2.0
import { useEffect, useRef, useState } from 'preact/hooks'
import { useTitle } from '../base/bar'
import { auth } from '../base/services'
import { me, sessionOpened } from '../base/session'
import { lang } from '../base/settings'
import { t as common } from '../base/texts'
import { Button } from '../ui/button'
import { TextField } from '../ui/field'
import { ErrorNote } from '../ui/toast'
import { t } from './texts'
import './login.css'

function otherLanguage(): void {
  lang.value = lang.value === 'ja' ? 'en' : 'ja'
}

// Password, then a code where the account has one. Lies over the screen when a session has ended.
export function Login() {
  useTitle(t.title)
  const before = me.value
  const [login, setLogin] = useState(before?.login ?? '')
  const [password, setPassword] = useState('')
  const [shown, setShown] = useState(false)
  const [step, setStep] = useState<'password' | 'code' | 'recovery'>('password')
  const [code, setCode] = useState('')
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>()
  const form = useRef<HTMLFormElement>(null)

  useEffect(() => {
    const first = form.current?.querySelector<HTMLInputElement>('input:not([value=""])')
    const empty = [...(form.current?.querySelectorAll('input') ?? [])].find(
      (input) => input.type !== 'checkbox' && !input.value,
    )
    ;(empty ?? first)?.focus()
  }, [step])

  const submit = async () => {
    if (!login.trim() || !password) return setError(t.missing)
    setBusy(true)
    setError(undefined)
    try {
      const second =
        step === 'code' ? { totpCode: code.trim() } : step === 'recovery' ? { recoveryCode: code.trim() } : {}
      const answer = await auth.login({ login: login.trim(), password, ...second }, { silent: true })
      if (answer.totpRequired) setStep('code')
      else if (answer.me) sessionOpened(answer.me)
    } catch (e) {
      setError(e)
      setCode('')
    } finally {
      setBusy(false)
    }
  }

  return (
    <main class="overlay login" id={before ? undefined : 'main'}>
      <form
        ref={form}
        class="stack"
        onSubmit={(event) => {
          event.preventDefault()
          if (!busy) void submit()
        }}
      >
        <div class="row spread">
          <p class="brand">
            <img src="/icon.svg" width="40" height="40" alt="" /> {common.product}
          </p>
          <Button look="plain" lang={lang.value === 'ja' ? 'en' : 'ja'} onClick={otherLanguage}>
            {lang.value === 'ja' ? 'English' : '日本語'}
          </Button>
        </div>
        <h1>{t.title}</h1>
        {before && <p class="note warn">{t.ended}</p>}
        {step === 'password' ? (
          <>
            <TextField label={t.login} value={login} onInput={setLogin} autocomplete="username" maxLength={100} />
            <TextField
              label={t.password}
              type={shown ? 'text' : 'password'}
              value={password}
              onInput={setPassword}
              autocomplete="current-password"
              maxLength={500}
            />
            <label class="check">
              <input type="checkbox" checked={shown} onChange={(event) => setShown(event.currentTarget.checked)} />{' '}
              {t.show}
            </label>
          </>
        ) : (
          <TextField
            key={step}
            label={step === 'code' ? t.code : t.recovery}
            hint={step === 'code' ? t.codeHint : t.recoveryHint}
            value={code}
            onInput={setCode}
            autocomplete="one-time-code"
            inputMode={step === 'code' ? 'numeric' : 'text'}
            maxLength={step === 'code' ? 10 : 60}
          />
        )}
        <ErrorNote error={error} />
        <Button look="primary" type="submit" busy={busy}>
          {t.enter}
        </Button>
        {step !== 'password' && (
          <div class="row spread">
            <Button look="plain" onClick={() => setStep(step === 'code' ? 'recovery' : 'code')}>
              {step === 'code' ? t.useRecovery : t.useCode}
            </Button>
            <Button look="plain" onClick={() => setStep('password')}>
              {t.again}
            </Button>
          </div>
        )}
      </form>
    </main>
  )
}
