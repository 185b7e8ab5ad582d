// SPDX-License-Identifier: Apache-2.0
// What would happen at 2:10 on Sunday if nobody answered: a time line, asked anew as the policy changes.
import { useEffect, useState } from 'preact/hooks'
import { fromInput, jstShort, serverNow, toInput } from '../base/clock'
import type { EscalationPolicyJson, PreviewPolicyResponseJson } from '../gen/sokuo/v1/escalation_pb'
import { Chips, TextField } from '../ui/field'
import { Empty, Loading } from '../ui/parts'
import { ErrorNote } from '../ui/toast'
import { t } from './policy_texts'
import { span, sundayNight } from './policy_words'
import { escalation } from './services'

const CALM_MS = 500
const LOUD = ['RED', 'GAP', 'HEADQUARTERS', 'RED_OVER']

export interface Preview {
  answer: PreviewPolicyResponseJson | null
  error: unknown
  at: string
  setAt: (at: string) => void
}

export function usePreview(policy: EscalationPolicyJson): Preview {
  const [at, setAt] = useState(() => sundayNight(serverNow()))
  const [answer, setAnswer] = useState<PreviewPolicyResponseJson | null>(null)
  const [error, setError] = useState<unknown>()
  const key = JSON.stringify(policy)
  useEffect(() => {
    let late = false
    const timer = setTimeout(() => {
      escalation.previewPolicy({ policy, at: fromInput(at) }).then(
        (found) => {
          if (late) return
          setAnswer(found)
          setError(undefined)
        },
        (e) => late || setError(e),
      )
    }, CALM_MS)
    return () => {
      late = true
      clearTimeout(timer)
    }
  }, [key, at])
  return { answer, error, at, setAt }
}

export function PreviewLine({ preview }: { preview: Preview }) {
  const { answer, error, at, setAt } = preview
  const begin = Date.parse(fromInput(at) ?? '')
  const sunday = sundayNight(serverNow())
  const lines = answer?.lines ?? []
  return (
    <section class="stack policy-preview">
      <h2>{t.preview}</h2>
      <Chips
        label={t.previewAt}
        single
        options={['sunday', 'now'] as const}
        name={(one) => (one === 'sunday' ? t.sunday : t.now)}
        value={at === sunday ? ['sunday'] : []}
        onChange={([one]) => setAt(one === 'now' ? toInput(serverNow()) : sunday)}
      />
      <TextField label={t.previewAt} type="datetime-local" value={at} onInput={setAt} />
      <ErrorNote error={error} />
      {!answer && !error && <Loading />}
      {answer && lines.length === 0 && (
        <Empty title={t.previewNone}>
          <p>{t.previewNoneHint}</p>
        </Empty>
      )}
      <ol class="policy-line">
        {lines.map((line, i) => (
          <li key={i} class={LOUD.includes(line.kind ?? '') ? 'loud' : ''}>
            <span class="num">
              <strong>{line.at && jstShort(line.at)}</strong>{' '}
              <span class="small quiet">
                {line.at &&
                  Number.isFinite(begin) &&
                  t.after(span(Math.max(0, Math.round((Date.parse(line.at) - begin) / 1000))))}
              </span>
            </span>
            <span>
              {LOUD.includes(line.kind ?? '') && <span aria-hidden="true">⚠ </span>}
              {line.text}
            </span>
          </li>
        ))}
      </ol>
    </section>
  )
}
