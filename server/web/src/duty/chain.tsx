// SPDX-License-Identifier: Apache-2.0
// A duty with its chain: who would be called, in what order, and why somebody would not.
import type { ComponentChildren } from 'preact'
import { jstShort } from '../base/clock'
import type { DutyJson, DutyPlaceJson, ReachJson } from '../gen/sokuo/v1/duty_pb'
import { Shape } from '../ui/badge'
import { t } from './texts'
import { contactName, dutyName, reachName } from './words'

const line = { fill: 'none', stroke: 'currentColor', 'stroke-width': 1.6 }
const FACE: Record<ReachJson, ComponentChildren> = {
  REACH_UNSPECIFIED: <path d="M5 5.5a2.5 2.5 0 1 1 3.4 2.3c-.8.4-1 .8-1 1.7M7.4 12v.6" {...line} />,
  REACH_REACHABLE: <path d="M2 7.5 5.5 11 12 3.5" {...line} stroke-width="2" />,
  REACH_VACANT: <path d="M1.5 1.5h11v11h-11z" {...line} stroke-dasharray="2 2" />,
  REACH_ABSENT: <path d="M9.5 2A5.5 5.5 0 1 0 12 9.5 4.8 4.8 0 0 1 9.5 2" {...line} />,
  REACH_NO_CONTACT: <path d="M2 2l10 10M12 2 2 12" {...line} stroke-width="2" />,
  REACH_REPEATED: <path d="M2 5h10M2 9h10" {...line} />,
}

function Place({ place }: { place: DutyPlaceJson }) {
  const reach = place.reach ?? 'REACH_UNSPECIFIED'
  const ok = reach === 'REACH_REACHABLE'
  const until = place.absence?.until
  return (
    <li class="duty-place">
      <span class="small quiet duty-rank">{(place.rank ?? 1) === 1 ? t.holder : t.deputy((place.rank ?? 2) - 1)}</span>
      <span>
        {place.person?.name ? <strong>{place.person.name}</strong> : <span class="unknown">{t.vacant}</span>}{' '}
        <span class="small quiet">{place.post?.name}</span>
      </span>
      <span class={`state duty-reach ${ok ? 'good' : 'bad'}`}>
        <Shape>{FACE[reach]}</Shape>
        {reachName(reach)}
        {until && ` –${jstShort(until)}`}
      </span>
      {ok && place.contact && <span class="small quiet">{t.contactBy(contactName(place.contact))}</span>}
      {(place.staleCount ?? 0) > 0 && <span class="small late">⚠ {t.stale(place.staleCount ?? 0)}</span>}
    </li>
  )
}

export function Count({ duty }: { duty: DutyJson }) {
  const n = duty.reachableCount ?? 0
  if (n === 0)
    return (
      <strong class="late">
        <span aria-hidden="true">✕ </span>
        {t.noneReachable}
      </strong>
    )
  return (
    <span class={duty.tooFew ? 'late' : ''}>
      {duty.tooFew ? '⚠ ' : '✓ '}
      {t.reachable(n)}
    </span>
  )
}

export function Chain({ duty, children }: { duty: DutyJson; children?: ComponentChildren }) {
  return (
    <article class="card stack duty">
      <div class="row spread">
        <h3>{dutyName(duty)}</h3>
        <Count duty={duty} />
      </div>
      <ol>
        {(duty.places ?? []).map((place, i) => (
          <Place key={i} place={place} />
        ))}
      </ol>
      {!duty.successionSet && <p class="small late">⚠ {t.noSuccession}</p>}
      {duty.overrideReason && <p class="small quiet">{t.override(duty.overrideReason)}</p>}
      {children}
    </article>
  )
}
