// SPDX-License-Identifier: Apache-2.0
// The evidence of an incident, what was handed out of it, and the slips.
import { useState } from 'preact/hooks'
import { useBarIncident, useTitle } from '../base/bar'
import type { ScreenProps } from '../base/router'
import { hasRole } from '../base/session'
import type { EvidenceJson } from '../gen/sokuo/v1/evidence_pb'
import { ModeMark, Severity } from '../ui/badge'
import { Button } from '../ui/button'
import { Empty, Loading, Table } from '../ui/parts'
import { Time } from '../ui/time'
import { ErrorNote } from '../ui/toast'
import { Extract } from './extract'
import { HandOut } from './hand_out'
import { Slip } from './slip'
import { type Custody, digestText, pieceName, useCustody } from './store'
import { t } from './texts'
import './custody.css'

// As the server's authorization table has it.
const mayHandOut = () =>
  hasRole('ROLE_CSIRT_LEAD', 'ROLE_CSIRT_DEPUTY', 'ROLE_HANDLER', 'ROLE_SISO', 'ROLE_CISO', 'ROLE_VCISO', 'ROLE_LEGAL')

function Piece({ one }: { one: EvidenceJson }) {
  if (one.paperLocation) return <span>{t.elsewhere(one.paperLocation)}</span>
  return (
    <span>
      {one.name}{' '}
      {one.complete ? (
        <a href={`/evidence/${one.id}`} download={one.name}>
          {t.take}
          <span class="hidden-text"> {one.name}</span>
        </a>
      ) : (
        <span class="quiet">({t.onItsWay})</span>
      )}
    </span>
  )
}

function Pieces({ list }: { list: readonly EvidenceJson[] }) {
  const size = (one: EvidenceJson) => (one.size ? t.bytes(Number(one.size).toLocaleString('ja-JP')) : '—')
  return (
    <Table
      caption={t.pieces}
      rows={list}
      rowKey={(one) => one.id ?? ''}
      columns={[
        { head: t.what, cell: (one) => <Piece one={one} /> },
        { head: t.size, cell: size, num: true },
        { head: t.digest, cell: (one) => <span class="digest">{one.sha256 ? digestText(one.sha256) : '—'}</span> },
        { head: t.at, cell: (one) => <Time at={one.occurredAt} /> },
        { head: t.by, cell: (one) => [one.by?.postName, one.by?.personName].filter(Boolean).join(' ') },
      ]}
      empty={
        <Empty title={t.none}>
          <p>{t.noneHint}</p>
        </Empty>
      }
    />
  )
}

function Slips({ custody }: { custody: Custody }) {
  if (custody.slips.length === 0) return <p class="quiet">{t.noSlips}</p>
  return (
    <ul class="slips">
      {custody.slips.map((slip) => (
        <li key={slip.id}>
          <a href={`/custody/${custody.incident.number}/${slip.id}`}>
            <span class="num">
              {custody.incident.number}-{slip.seq}
            </span>{' '}
            {t.slipOf(slip.organisation ?? '', slip.recipient ?? '')}
          </a>
          <p class="small">
            <Time at={slip.occurredAt} /> · {t.count(slip.items?.length ?? 0)} ·{' '}
            {(slip.items ?? []).map(pieceName).join('、')}
          </p>
        </li>
      ))}
    </ul>
  )
}

function Overview({ custody }: { custody: Custody }) {
  const { incident, pieces } = custody
  const [open, setOpen] = useState(false)
  useTitle(`${t.title} ${incident.number}`)
  return (
    <div class="page stack custody">
      <header>
        <a class="button plain" href={`/incident/${incident.number}`}>
          ‹ {t.back}
        </a>
        <p class="row">
          <strong class="num">{incident.number}</strong>
          <Severity value={incident.severity} short />
          <ModeMark mode={incident.mode} />
          <span>{incident.title}</span>
        </p>
      </header>
      <h1>{t.title}</h1>
      <section class="stack" aria-label={t.pieces}>
        <h2>{t.pieces}</h2>
        <Pieces list={pieces} />
        {mayHandOut() && pieces.some((one) => one.complete) && (
          <Button look="primary" onClick={() => setOpen(true)}>
            {t.handOut}
          </Button>
        )}
      </section>
      <section class="stack" aria-label={t.slips}>
        <h2>{t.slips}</h2>
        <Slips custody={custody} />
        {mayHandOut() && (
          <a class="button" href={`/custody/${incident.number}/extract`}>
            {t.extract}
          </a>
        )}
      </section>
      {open && <HandOut custody={custody} onClose={() => setOpen(false)} />}
    </div>
  )
}

export default function CustodyScreen({ params }: ScreenProps) {
  const [id = '', slipId = ''] = (params['*'] ?? '').split('/')
  const held = useCustody(id)
  const custody = held.value.value
  useBarIncident(custody?.incident ?? null)
  if (!custody) {
    const error = held.error.value
    return <div class="page">{error ? <ErrorNote error={error} onRetry={() => void held.load()} /> : <Loading />}</div>
  }
  if (slipId === 'extract') return <Extract key={custody.incident.id} incident={custody.incident} />
  const slip = custody.slips.find((one) => one.id === slipId)
  if (slip) return <Slip key={slip.id} custody={custody} slip={slip} />
  if (slipId) return <Empty title={t.gone} />
  return <Overview custody={custody} />
}
