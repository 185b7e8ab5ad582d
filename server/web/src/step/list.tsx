// SPDX-License-Identifier: Apache-2.0
// 「自分の手順」: what is mine now, by due time; below, what I finished within a day.
import { useBarIncident, useTitle } from '../base/bar'
import { jstShort } from '../base/clock'
import { storageLoose, storageTight } from '../base/db'
import { phaseName } from '../base/labels'
import { isClosed, type MyStep } from '../base/merge'
import { waitingCount } from '../base/outbox'
import {
  listError,
  listedAt,
  listOffline,
  moreSteps,
  mySteps,
  openSteps,
  overdueCount,
  stepsRefresh,
} from '../base/steps'
import { ModeMark } from '../ui/badge'
import { Empty, Loading } from '../ui/parts'
import { ErrorNote } from '../ui/toast'
import { Due, State } from './parts'
import { t, words } from './texts'
import { Told } from './told'

function Row({ step }: { step: MyStep }) {
  return (
    <li>
      <a class="item step-row" href={`/steps/${step.id}`}>
        <span class="row spread small">
          <span>
            <strong class="no">{step.definition?.no}</strong> {phaseName(step.definition?.phase)}
          </span>
          {isClosed(step) ? <State value={step.state} waiting={step.waiting} /> : <Due step={step} />}
        </span>
        <span class="title">
          <ModeMark mode={step.mode} />
          {words(step.definition?.text)}
        </span>
        <span class="quiet small">
          {[step.place?.name, step.incidentNumber, step.incidentTitle].filter(Boolean).join(' · ')}
        </span>
        {!isClosed(step) && (step.state !== 'STEP_STATE_READY' || step.waiting) && (
          <State value={step.state} waiting={step.waiting} />
        )}
      </a>
    </li>
  )
}

// What may be lost before it is sent, said while there is time.
export function Warnings() {
  return (
    <>
      {storageTight.value && (
        <p class="note warn" role="alert">
          {t.tight}
        </p>
      )}
      {storageLoose.value && waitingCount.value > 0 && <p class="note warn small">{t.loose}</p>}
    </>
  )
}

function Nothing() {
  return (
    <Empty title={t.empty}>
      <p>{t.emptyHint}</p>
      <a class="button" href="/">
        {t.emptyAct}
      </a>
    </Empty>
  )
}

export function StepList() {
  useTitle(t.title)
  const all = mySteps.value
  const open = openSteps.value
  const finished = (all ?? []).filter(isClosed)
  const exercise = open.length > 0 && open.every((step) => step.mode === 'MODE_EXERCISE')
  useBarIncident(exercise ? MARK : null)
  return (
    <div class="page narrow stack steps">
      <div class="row spread">
        <h1>{t.title}</h1>
        {all && (
          <p class="small">
            {t.openCount(open.length)}
            {overdueCount.value > 0 && <strong class="over"> ⚠ {t.overdueCount(overdueCount.value)}</strong>}
          </p>
        )}
      </div>
      <Told />
      <Warnings />
      {all && listOffline.value ? (
        <p class="note warn small" role="status">
          {t.fromDevice(jstShort(listedAt.value))}
        </p>
      ) : (
        <ErrorNote error={listError.value} onRetry={() => void stepsRefresh()} />
      )}
      {!all && !listError.value && <Loading />}
      {!all && listOffline.value && (
        <Empty title={t.neverListed}>
          <p>{t.neverListedHint}</p>
        </Empty>
      )}
      {all && open.length === 0 && <Nothing />}
      {open.length > 0 && (
        <ul class="list">
          {open.map((step) => (
            <Row key={step.id} step={step} />
          ))}
        </ul>
      )}
      {moreSteps.value > 0 && <p class="quiet small">{t.moreSteps(moreSteps.value)}</p>}
      {finished.length > 0 && (
        <details class="more">
          <summary>{t.finished(finished.length)}</summary>
          <ul class="list">
            {finished.map((step) => (
              <Row key={step.id} step={step} />
            ))}
          </ul>
        </details>
      )}
      {all && <p class="quiet small">{t.asOf(jstShort(listedAt.value))}</p>}
    </div>
  )
}

const MARK = { mode: 'MODE_EXERCISE' as const, number: '' }
