// SPDX-License-Identifier: Apache-2.0
// 連絡試験: ordering duties, as an exercise, to say that they were reached; and how the last one went.
import { useState } from 'preact/hooks'
import { useAct } from '../base/act'
import { jstFull, serverNow } from '../base/clock'
import { useDraft } from '../base/drafts'
import { t as common } from '../base/texts'
import type { DutyJson, ReadinessTestJson, TestReadinessResponseJson } from '../gen/sokuo/v1/duty_pb'
import { Button, HoldButton } from '../ui/button'
import { Dialog } from '../ui/dialog'
import { Chips, TextField } from '../ui/field'
import { Loading } from '../ui/parts'
import { Picks } from '../ui/picks'
import { ErrorNote } from '../ui/toast'
import { useLoad } from './list'
import { t } from './readiness_texts'
import { isOld, minutesTyped } from './readiness_words'
import { duties } from './services'
import { dutyName } from './words'

// How the last test went; never tested is no good news.
export function LastTest({ test }: { test: ReadinessTestJson | undefined }) {
  if (!test)
    return (
      <p class="note warn">
        ⚠ <strong>{t.never}</strong> <span class="small">{t.neverHint}</span>
      </p>
    )
  const old = !test.isRunning && isOld(test.startedAt, serverNow())
  const bad = (test.silent ?? 0) + (test.notReachable ?? 0) > 0
  return (
    <div class={`note readiness-last ${old || (bad && !test.isRunning) ? 'warn' : test.isRunning ? '' : 'good'}`}>
      <p>
        <strong>
          {test.isRunning ? `● ${t.running}` : `${old || bad ? '⚠' : '✓'} ${t.last}`}{' '}
          <span class="num">{test.startedAt && jstFull(test.startedAt).slice(0, 16)}</span>
        </strong>{' '}
        <span class="small quiet">{test.by?.personName}</span>
      </p>
      <p class="num">
        {t.numbers(test.asked ?? 0, test.answered ?? 0, test.answeredByDeputy ?? 0)}{' '}
        {(test.silent ?? 0) > 0 && <strong>{t.silent(test.silent ?? 0)}</strong>}{' '}
        {(test.notReachable ?? 0) > 0 && <strong class="late">✕ {t.notReachable(test.notReachable ?? 0)}</strong>}
      </p>
      {old && <p class="small">{t.old}</p>}
      <a class="button" href={`/command/${test.incidentNumber}/order/${test.orderId}`}>
        {t.look}
      </a>
    </div>
  )
}

const keyOf = (duty: DutyJson) => `${duty.role}/${duty.scope?.id ?? ''}`

function refOf(key: string) {
  const [role, scopeId] = key.split('/') as [DutyJson['role'], string]
  return { role, scopeId }
}

function Begun({ done, onClose }: { done: TestReadinessResponseJson; onClose: () => void }) {
  const unreachable = done.unreachable ?? []
  return (
    <Dialog title={t.begun} onClose={onClose}>
      <p>{t.asked(done.dutyCount ?? 0)}</p>
      {unreachable.length > 0 && (
        <div class="note error">
          <p>✕ {t.unreachable(unreachable.length)}</p>
          <ul class="small">
            {unreachable.map((duty) => (
              <li key={keyOf(duty)}>{dutyName(duty)}</li>
            ))}
          </ul>
        </div>
      )}
      <div class="acts">
        <Button onClick={onClose}>{common.close}</Button>
        <a class="button solid" href={`/command/${done.incidentId}/order/${done.orderId}`}>
          {t.look}
        </a>
      </div>
    </Dialog>
  )
}

interface Form {
  some: boolean
  keys: string[]
  minutes: string
  text: string
}

function useTest() {
  const draft = useDraft<Form>('readiness/test', { some: false, keys: [], minutes: '15', text: '' })
  const form = draft.value.value
  const minutes = minutesTyped(form.minutes)
  const [done, setDone] = useState<TestReadinessResponseJson | null>(null)
  const { busy, error, run } = useAct(async (operationId) =>
    setDone(
      await duties.testReadiness({
        operationId,
        duties: form.some ? form.keys.map(refOf) : [],
        answerWithinMin: minutes,
        text: form.text.trim(),
      }),
    ),
  )
  const lacks = !minutes || (form.some && form.keys.length === 0)
  const begin = async () => {
    if (!lacks && (await run())) await draft.clear()
  }
  return { draft, form, minutes, done, busy, error, lacks, begin }
}

export function TestDialog({ onClose }: { onClose: (begun: boolean) => void }) {
  const test = useTest()
  const { draft, form } = test
  const all = useLoad(() => duties.getReadiness({}))
  const list = all.value?.duties ?? []
  if (test.done) return <Begun done={test.done} onClose={() => onClose(true)} />
  return (
    <Dialog title={t.title} wide onClose={() => onClose(false)}>
      <ul class="readiness-facts">
        {t.facts.split('\n').map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
      {!all.value && !all.error && <Loading />}
      <Chips
        label={t.whom}
        single
        options={['all', 'some'] as const}
        name={(one) => (one === 'all' ? t.all(list.length) : t.some)}
        value={[form.some ? 'some' : 'all']}
        onChange={([one]) => one && draft.set({ some: one === 'some' })}
      />
      {form.some && (
        <Picks
          label={t.pick}
          choices={list.map((duty) => ({ id: keyOf(duty), name: dutyName(duty) }))}
          value={form.keys}
          onChange={(keys) => draft.set({ keys })}
        />
      )}
      <TextField
        label={t.minutes}
        hint={t.minutesHint}
        inputMode="numeric"
        maxLength={3}
        value={form.minutes}
        error={test.minutes ? undefined : t.minutesBad}
        onInput={(minutes) => draft.set({ minutes })}
      />
      <TextField
        label={t.text}
        hint={t.textHint}
        value={form.text}
        rows={2}
        maxLength={161}
        onInput={(text) => draft.set({ text })}
      />
      <ErrorNote error={test.error ?? all.error} />
      <div class="acts">
        <Button onClick={() => onClose(false)}>{common.cancel}</Button>
        {test.lacks ? (
          <Button look="solid" disabled>
            {t.begin}
          </Button>
        ) : (
          <HoldButton look="solid" busy={test.busy} onHeld={() => void test.begin()}>
            {t.begin}
          </HoldButton>
        )}
      </div>
    </Dialog>
  )
}
