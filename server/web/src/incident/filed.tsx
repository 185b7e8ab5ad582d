// SPDX-License-Identifier: Apache-2.0
// After filing: the number, whom to telephone now; or that it still waits on the device, and why.
import { useEffect, useState } from 'preact/hooks'
import { useTitle } from '../base/bar'
import { roleName } from '../base/labels'
import { offline, outbox, outboxSend, refusalOf, takeUpAgain } from '../base/outbox'
import type { ScreenProps } from '../base/router'
import type { CallTargetJson, FileIncidentResponseJson } from '../gen/sokuo/v1/incident_pb'
import { ModeMark, Severity, StateBadge } from '../ui/badge'
import { Button } from '../ui/button'
import { Empty } from '../ui/parts'
import { t } from './texts'
import { type Whom, whomToCall } from './whom'
import './incident.css'

function Target({ target }: { target: Whom }) {
  return (
    <li>
      <strong>{target.personName || target.postName}</strong>
      {target.phone ? (
        <a class="button solid" href={`tel:${target.phone.replace(/[^\d+]/g, '')}`}>
          <span aria-hidden="true">☎</span> {target.phone}
        </a>
      ) : (
        <span class="quiet small">{t.noPhone}</span>
      )}
      <span class="quiet small">
        {[target.personName && target.postName, ...target.roles.map(roleName)].filter(Boolean).join(' · ')}
      </span>
    </li>
  )
}

function CallList({ targets }: { targets: CallTargetJson[] }) {
  const all = whomToCall(targets)
  const reached = all.filter((one) => one.phone)
  const others = all.filter((one) => !one.phone)
  return (
    <section class="stack">
      <h2>{t.callNow}</h2>
      {reached.length > 0 ? <p class="quiet small">{t.callNowHint}</p> : <p class="note warn">{t.nobodyToCall}</p>}
      <ol class="calls">
        {reached.map((one, i) => (
          <Target key={i} target={one} />
        ))}
      </ol>
      {others.length > 0 && (
        <details>
          <summary>{t.withoutPhone(others.length)}</summary>
          <ul class="calls">
            {others.map((one, i) => (
              <Target key={i} target={one} />
            ))}
          </ul>
        </details>
      )}
    </section>
  )
}

function Received({ answer }: { answer: FileIncidentResponseJson }) {
  const incident = answer.incident ?? {}
  return (
    <>
      <div class="note good stack" role="status">
        <h1>
          <ModeMark mode={incident.mode} />
          {t.filedTitle}
        </h1>
        <p>
          {t.yourNumber} <strong class="big-number">{incident.number}</strong>
        </p>
        <p class="row">
          <Severity value={incident.severity} assessed={false} />
          <StateBadge value={incident.state} />
        </p>
        <p>{incident.title}</p>
      </div>
      <CallList targets={answer.callTargets ?? []} />
      <div class="thumb stack">
        <a class="button primary" href={`/incident/${incident.number}`}>
          {t.openIncident}
        </a>
        <a class="button plain" href="/file">
          {t.another}
        </a>
      </div>
    </>
  )
}

// A server that says nothing for so long is as good as none: nobody stands before a word that only moves.
const SILENT_MS = 5_000

function Waiting() {
  const [late, setLate] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), SILENT_MS)
    return () => clearTimeout(timer)
  }, [])
  if (!offline.value && !late)
    return (
      <p class="loading" role="status">
        {t.sending}
      </p>
    )
  return (
    <div class="note warn stack" role="status">
      <h1>{t.waitingTitle}</h1>
      {!offline.value && <p>{t.noAnswerYet}</p>}
      <p>{t.waitingBody}</p>
      <Button onClick={() => void outboxSend()}>{t.sendNow}</Button>
    </div>
  )
}

export default function Filed({ params }: ScreenProps) {
  const item = outbox.value.find((one) => one.operationId === params.operation)
  useTitle(item?.state === 'sent' ? t.filedTitle : t.fileTitle)
  return (
    <div class="page narrow stack">
      {!item && (
        <Empty title={t.gone}>
          <a class="button" href="/">
            {t.latest}
          </a>
        </Empty>
      )}
      {item?.state === 'sent' && <Received answer={item.answer as FileIncidentResponseJson} />}
      {item?.state === 'waiting' && <Waiting />}
      {item?.state === 'refused' && (
        <div class="note error stack" role="alert">
          <h1>{t.refusedTitle}</h1>
          <p>{refusalOf(item)}</p>
          <Button look="primary" onClick={() => void takeUpAgain(item)}>
            {t.fixAndSend}
          </Button>
        </div>
      )}
    </div>
  )
}
