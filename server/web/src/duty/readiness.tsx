// SPDX-License-Identifier: Apache-2.0
// Would anybody be reached right now? The holes first.
import { useState } from 'preact/hooks'
import { jstShort } from '../base/clock'
import { Button } from '../ui/button'
import { Chips } from '../ui/field'
import { Empty, Loading } from '../ui/parts'
import { ErrorNote } from '../ui/toast'
import { Chain } from './chain'
import { useLoad } from './list'
import { LastTest, TestDialog } from './readiness_test'
import { t as words } from './readiness_texts'
import { duties } from './services'
import { t } from './texts'
import { Ways } from './ways'

function Figure({ n, name, bad }: { n: number; name: string; bad: boolean }) {
  return (
    <li class={`duty-figure ${bad && n > 0 ? 'late' : ''}`}>
      <strong class="num">
        {bad && n > 0 ? '⚠ ' : ''}
        {n}
      </strong>{' '}
      {name}
    </li>
  )
}

export function Readiness() {
  const [show, setShow] = useState<'holes' | 'all'>('holes')
  const [testing, test] = useState(false)
  const { value, error, again } = useLoad(() => duties.getReadiness({ holesOnly: show === 'holes' }), show)
  const list = value?.duties ?? []
  return (
    <div class="stack">
      <ErrorNote error={error} onRetry={() => void again()} />
      {!value && !error && <Loading />}
      {value && (
        <>
          <p class="small quiet">
            {value.asOf && t.asOf(jstShort(value.asOf))} · {t.ofDuties(value.dutyCount ?? 0)}
          </p>
          <ul class="duty-figures">
            <Figure n={value.emptyCount ?? 0} name={t.empty} bad />
            <Figure n={value.thinCount ?? 0} name={t.thin} bad />
            <Figure n={value.withoutContactCount ?? 0} name={t.noContact} bad />
            <Figure n={value.staleCount ?? 0} name={t.staleCount} bad={false} />
          </ul>
          <Ways />
          <LastTest test={value.lastTest} />
          {value.mayTest && !value.lastTest?.isRunning && <Button onClick={() => test(true)}>{words.open}</Button>}
          <Chips
            label={t.readiness}
            single
            options={['holes', 'all'] as const}
            name={(one) => (one === 'holes' ? t.holesOnly : t.everything)}
            value={[show]}
            onChange={([one]) => setShow(one ?? show)}
          />
          {list.length === 0 ? <Empty title={t.ready(value.dutyCount ?? 0)} /> : <p class="small">{t.readinessHint}</p>}
          <div class="duty-grid">
            {list.slice(0, 60).map((duty) => (
              <Chain key={`${duty.role}/${duty.scope?.id}`} duty={duty} />
            ))}
          </div>
        </>
      )}
      {testing && (
        <TestDialog
          onClose={(begun) => {
            test(false)
            if (begun) void again()
          }}
        />
      )}
    </div>
  )
}
