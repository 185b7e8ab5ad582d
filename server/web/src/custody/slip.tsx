// SPDX-License-Identifier: Apache-2.0
// 証拠受渡し票: what was handed out, on one page to be signed by both. Times in JST.
import type { ComponentChildren } from 'preact'
import { useTitle } from '../base/bar'
import { jstFull, serverNow } from '../base/clock'
import { modeName } from '../base/labels'
import { pageOf, usePageFoot } from '../base/page_foot'
import { me } from '../base/session'
import type { TransferItemJson, TransferJson } from '../gen/sokuo/v1/evidence_pb'
import { Button } from '../ui/button'
import { type Custody, digestText, pieceName } from './store'
import { t } from './texts'

function Item({ item, no }: { item: TransferItemJson; no: number }) {
  return (
    <tr>
      <td class="num">{no}</td>
      <td>{pieceName(item)}</td>
      <td>{item.form === 'TRANSFER_FORM_ORIGINAL' ? t.original : t.copy}</td>
      <td class="num">{item.size ? t.bytes(Number(item.size).toLocaleString('ja-JP')) : t.fileNone}</td>
      <td class="digest">{item.sha256 ? digestText(item.sha256) : '—'}</td>
    </tr>
  )
}

function Line({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <tr>
      <th scope="row">{name}</th>
      <td>{children}</td>
    </tr>
  )
}

function Sign({ who, name }: { who: string; name: string }) {
  return (
    <section class="sign">
      <h2>{who}</h2>
      <p>{name}</p>
      <p class="blank">{t.sign}</p>
      <p class="blank">{t.date}</p>
    </section>
  )
}

export function Slip({ custody, slip }: { custody: Custody; slip: TransferJson }) {
  const { incident } = custody
  const number = `${incident.number}-${slip.seq}`
  const mark = incident.mode && incident.mode !== 'MODE_REAL' ? `【${modeName(incident.mode)}】` : ''
  useTitle(`${t.slip} ${number}`)
  usePageFoot(
    [`${t.slip} ${number}　${t.printedAt(jstFull(serverNow()).slice(0, 16), me.value?.person?.name ?? '')}`],
    mark,
  )
  const giver = [slip.by?.postName, slip.by?.personName].filter(Boolean).join(' ')
  return (
    <div class="page custody">
      <div class="row spread no-print">
        <a class="button plain" href={`/custody/${incident.number}`}>
          ‹ {t.toList}
        </a>
        <Button onClick={() => print()}>{t.print}</Button>
      </div>
      <article class="slip" style={{ page: pageOf(0) }}>
        <h1>
          {mark}
          {t.slip}
        </h1>
        <table class="slip-table">
          <tbody>
            <Line name={t.number}>
              <span class="num">{number}</span>
            </Line>
            <Line name={t.incident}>
              <span class="num">{incident.number}</span> {incident.title}
            </Line>
            <Line name={t.to}>
              {slip.organisation} {slip.recipient}
            </Line>
            <Line name={t.receiptNo}>{slip.receiptNo || '—'}</Line>
            <Line name={t.purpose}>{slip.purpose}</Line>
            <Line name={t.occurredAt}>
              <span class="num">{jstFull(slip.occurredAt ?? '')} JST</span>
            </Line>
            <Line name={t.recordedAt}>
              <span class="num">{jstFull(slip.recordedAt ?? '')} JST</span>
            </Line>
          </tbody>
        </table>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a table wider than the screen scrolls by keyboard */}
        <section class="slip-items" aria-label={t.pieces} tabIndex={0}>
          <table class="slip-table">
            <thead>
              <tr>
                {[t.no, t.what, `${t.original}/${t.copy}`, t.size, t.digest].map((head) => (
                  <th key={head} scope="col">
                    {head}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {slip.items?.map((item, i) => (
                <Item key={item.evidenceId} item={item} no={i + 1} />
              ))}
            </tbody>
          </table>
        </section>
        <p class="small">{t.check}</p>
        <p>{t.stated}</p>
        <div class="signs">
          <Sign who={t.giver} name={giver} />
          <Sign who={t.taker} name={`${slip.organisation} ${slip.recipient}`} />
        </div>
      </article>
    </div>
  )
}
