// SPDX-License-Identifier: Apache-2.0
// Answering from a message without a login. Opening it answers nothing: mail scanners open links. Only a press and
// its confirmation do.
import { signal } from '@preact/signals'
import { render } from 'preact'
import { useState } from 'preact/hooks'
import { CallError, client } from '../base/rpc'
import type { ContactService, OpenLinkResponseJson } from '../gen/sokuo/v1/contact_pb'
import { ModeMark } from '../ui/badge'
import { Button } from '../ui/button'
import { TextField } from '../ui/field'
import { Loading } from '../ui/parts'
import { Countdown, Time } from '../ui/time'
import { ErrorNote } from '../ui/toast'
import './link.css'
import { t } from './texts'

const contact = client<typeof ContactService>('ContactService')
type Word = keyof typeof t.answers

const found = signal<OpenLinkResponseJson | null>(null)
const fault = signal<unknown>(undefined)
const received = signal('')

const unusable = (e: unknown) => e instanceof CallError && !e.retryable
const inWords = (e: unknown) => (e instanceof CallError && e.offline ? t.offline : e)

async function load(token: string): Promise<void> {
  fault.value = undefined
  try {
    found.value = await contact.openLink({ token }, { silent: true })
  } catch (e) {
    fault.value = e
  }
}

function Gone() {
  return (
    <section class="stack">
      <h1>{t.gone}</h1>
      <p>{t.goneHint}</p>
      <a class="button primary" href="/orders">
        {t.goneOpen}
      </a>
      <p>{t.goneCall}</p>
    </section>
  )
}

function Sure({ token, word, onBack }: { token: string; word: Word; onBack: () => void }) {
  const [note, setNote] = useState('')
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>()
  const send = async () => {
    setBusy(true)
    setError(undefined)
    try {
      const done = await contact.answerByLink({ token, answer: word, note: note.trim() }, { silent: true })
      received.value = done.answered || t.answers[word]
    } catch (e) {
      if (unusable(e) && e instanceof CallError && e.code === 'not_found') fault.value = e
      else setError(inWords(e))
    } finally {
      setBusy(false)
    }
  }
  return (
    <div class="stack">
      {word === 'REFUSE' && (
        <TextField
          label={t.reason}
          hint={t.reasonHint}
          value={note}
          rows={3}
          maxLength={500}
          required
          onInput={setNote}
        />
      )}
      <p>
        <strong>{t.sure(t.answers[word])}</strong> {t.sureHint}
      </p>
      <ErrorNote error={error} />
      <Button look="primary" busy={busy} disabled={word === 'REFUSE' && !note.trim()} onClick={() => void send()}>
        {t.send}
      </Button>
      <Button onClick={onBack}>{t.back}</Button>
    </div>
  )
}

function Choose({ token, answers }: { token: string; answers: Word[] }) {
  const [word, setWord] = useState<Word | null>(null)
  if (word) return <Sure token={token} word={word} onBack={() => setWord(null)} />
  if (answers.length === 0) return <p>{t.nothing}</p>
  return (
    <div class="stack link-answers">
      <p>{t.choose}</p>
      {answers.map((one, i) => (
        <Button key={one} look={i === 0 ? 'primary' : 'normal'} onClick={() => setWord(one)}>
          {t.answers[one] ?? one}
        </Button>
      ))}
    </div>
  )
}

function What({ link }: { link: OpenLinkResponseJson }) {
  return (
    <header>
      <p class="small">
        <ModeMark mode={link.mode} />
        {link.personName && t.to(link.personName)} {link.incidentNumber && `· ${t.incident(link.incidentNumber)}`}
      </p>
      <h1 class="link-text">{link.text || t.numberOnly}</h1>
      {link.dueAt && (
        <p class="small">
          {t.due} <Time at={link.dueAt} /> <Countdown at={link.dueAt} />
        </p>
      )}
    </header>
  )
}

function Page({ token }: { token: string }) {
  const link = found.value
  if (unusable(fault.value)) return <Gone />
  if (!link)
    return fault.value ? <ErrorNote error={inWords(fault.value)} onRetry={() => void load(token)} /> : <Loading />
  const order = ['ACCEPT', 'ACKNOWLEDGE', 'REFUSE'] as const
  const may = order.filter((one) => link.answers?.includes(one))
  return (
    <div class="stack">
      <What link={link} />
      {received.value ? (
        <div class="note good" role="status">
          <p>
            <strong>✓ {received.value}</strong>
          </p>
          <p class="small">{t.close}</p>
        </div>
      ) : (
        <>
          {link.answered && (
            <p class="note good">
              {t.before}: {link.answered}
            </p>
          )}
          <Choose token={token} answers={may} />
        </>
      )}
      <p>
        <a class="button plain" href="/orders">
          {t.open}
        </a>
      </p>
    </div>
  )
}

// The whole page, in place of the shell: no session is begun.
export function linkBegin(token: string, place: Element): void {
  document.title = `${t.title} · 即応`
  render(
    <main class="page narrow" id="main">
      <Page token={token} />
    </main>,
    place,
  )
  void load(token)
}
