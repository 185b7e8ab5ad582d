// SPDX-License-Identifier: Apache-2.0
// 後閲: what deputies decided, and whether the holder agrees.

import { useRef, useState } from 'preact/hooks'
import { useAct } from '../base/act'
import { jstShort } from '../base/clock'
import { hasRole, me } from '../base/session'
import type { ProxyDecisionJson } from '../gen/sokuo/v1/command_pb'
import type { IncidentJson } from '../gen/sokuo/v1/incident_pb'
import { command } from '../order/services'
import { by } from '../order/state'
import { Button } from '../ui/button'
import { Time } from '../ui/time'
import { ErrorNote, toast } from '../ui/toast'
import { ReasonDialog } from './parts'
import { t } from './texts'

function Decision(props: { one: ProxyDecisionJson; incident: IncidentJson; may: boolean; onDone: () => void }) {
  const { one, incident, may, onDone } = props
  const [objecting, object] = useState(false)
  const say = async (agreed: boolean, reason: string, operationId: string) => {
    await command.reviewProxyDecisions({
      operationId,
      incidentId: incident.id,
      entryIds: [one.entryId ?? ''],
      agreed,
      reason,
    })
    toast(t.reviewed)
    onDone()
  }
  const agree = useAct((id) => say(true, '', id))
  const { review } = one
  return (
    <li class="review">
      <p>
        <Time at={one.occurredAt} /> {one.text}
      </p>
      <p class="small quiet">{by(one.by)}</p>
      {review ? (
        <p class="small">
          {review.agreed
            ? t.agreed(by(review.by), review.at ? jstShort(review.at) : '')
            : t.objected(by(review.by), review.reason ?? '')}
        </p>
      ) : may && one.by?.personId !== me.value?.person?.id ? (
        <div class="row">
          <Button busy={agree.busy} onClick={() => void agree.run()}>
            {t.agree}
          </Button>
          <Button onClick={() => object(true)}>{t.object}</Button>
        </div>
      ) : (
        <span class="state">{t.toReview}</span>
      )}
      <ErrorNote error={agree.error} />
      {objecting && (
        <ReasonDialog
          title={t.objectTitle}
          submit={t.objectDo}
          draft={`command/${incident.id}/review/${one.entryId}`}
          act={(reason, id) => say(false, reason, id)}
          onClose={() => object(false)}
        />
      )}
    </li>
  )
}

export function Reviews(props: { list: ProxyDecisionJson[]; incident: IncidentJson; onDone: () => void }) {
  const may = hasRole('ROLE_MAYOR', 'ROLE_CISO', 'ROLE_VCISO', 'ROLE_SISO', 'ROLE_CSIRT_LEAD')
  const waiting = props.list.filter((one) => !one.review)
  // What was open stays open: the last answer is not folded away under the finger.
  const open = useRef(false)
  open.current ||= waiting.length > 0
  if (props.list.length === 0) return null
  return (
    <details class="more" open={open.current}>
      <summary>
        <h2>
          {t.reviews} {waiting.length > 0 && <span class="num">({waiting.length})</span>}
        </h2>
      </summary>
      <ul class="list">
        {[...waiting, ...props.list.filter((one) => one.review)].map((one) => (
          <Decision key={one.entryId} one={one} incident={props.incident} may={may} onDone={props.onDone} />
        ))}
      </ul>
    </details>
  )
}
