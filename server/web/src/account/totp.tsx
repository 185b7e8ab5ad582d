// SPDX-License-Identifier: Apache-2.0
// Enrolling an authenticator app, and the recovery codes that are shown once.
import { useState } from 'preact/hooks'
import { auth } from '../base/services'
import { me, sessionRefresh } from '../base/session'
import type { BeginTotpResponseJson } from '../gen/sokuo/v1/auth_pb'
import { Button } from '../ui/button'
import { TextField } from '../ui/field'
import { Qr } from '../ui/qr'
import { ErrorNote } from '../ui/toast'
import { useTry } from './form'
import { t } from './texts'

function Codes({ codes, onStored }: { codes: string[]; onStored: () => void }) {
  return (
    <div class="note warn stack">
      <p>{t.codesOnce}</p>
      <ol class="codes">
        {codes.map((code) => (
          <li key={code}>
            <code>{code}</code>
          </li>
        ))}
      </ol>
      <div class="row no-print">
        <Button onClick={() => print()}>{t.print}</Button>
        <Button look="solid" onClick={onStored}>
          {t.stored}
        </Button>
      </div>
    </div>
  )
}

export function Totp() {
  const [step, setStep] = useState<'idle' | 'password' | 'renew' | 'code'>('idle')
  const [password, setPassword] = useState('')
  const [code, setCode] = useState('')
  const [begun, setBegun] = useState<BeginTotpResponseJson>({})
  const [codes, setCodes] = useState<string[] | null>(null)
  const { busy, error, run } = useTry()
  const enrolled = me.value?.totpEnrolled ?? false

  const finish = async (made: string[] | undefined) => {
    setCodes(made ?? [])
    setStep('idle')
    setPassword('')
    setCode('')
    await sessionRefresh()
  }
  const submit = () =>
    run(async () => {
      if (step === 'password') {
        setBegun(await auth.beginTotp({ password }))
        setPassword('')
        setStep('code')
      } else if (step === 'renew') await finish((await auth.renewRecoveryCodes({ password })).recoveryCodes)
      else await finish((await auth.confirmTotp({ code: code.normalize('NFKC').replace(/\s/g, '') })).recoveryCodes)
    })

  return (
    <section class="card stack">
      <h2>{t.totp}</h2>
      <p>{enrolled ? t.totpOn : t.totpOff}</p>
      {codes && <Codes codes={codes} onStored={() => setCodes(null)} />}
      {step === 'idle' && !codes && (
        <div class="row">
          <Button look={enrolled ? 'normal' : 'solid'} onClick={() => setStep('password')}>
            {enrolled ? t.totpAgain : t.totpBegin}
          </Button>
          {enrolled && <Button onClick={() => setStep('renew')}>{t.codesRenew}</Button>}
        </div>
      )}
      {enrolled && !codes && <p class="quiet small">{t.codesLeft(me.value?.recoveryCodesLeft ?? 0)}</p>}
      {step !== 'idle' && (
        <form
          class="stack"
          onSubmit={(event) => {
            event.preventDefault()
            void submit()
          }}
        >
          {step === 'code' ? (
            <>
              <p>{t.scan}</p>
              <Qr svg={begun.qrSvg ?? ''} alt={t.scan} size={232} />
              <p class="small">
                {t.secret} <code>{begun.secret}</code>
              </p>
              <TextField
                label={t.code}
                value={code}
                onInput={setCode}
                inputMode="numeric"
                autocomplete="one-time-code"
                maxLength={10}
              />
            </>
          ) : (
            <TextField
              label={t.current}
              hint={t.confirmPassword}
              type="password"
              autocomplete="current-password"
              value={password}
              onInput={setPassword}
            />
          )}
          <ErrorNote error={error} />
          <Button look="solid" type="submit" busy={busy}>
            {step === 'code' ? t.enroll : step === 'renew' ? t.codesRenew : t.totpBegin}
          </Button>
        </form>
      )}
    </section>
  )
}
