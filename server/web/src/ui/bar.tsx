// SPDX-License-Identifier: Apache-2.0
// Always in view: who commands, real or exercise, severity, network and queue, time.
import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { barIncident } from '../base/bar'
import { jstTime, serverNow, tick } from '../base/clock'
import { liveState } from '../base/live'
import { toAnswer } from '../base/orders'
import { offline, refusedItems, waitingCount } from '../base/outbox'
import { address } from '../base/router'
import { maySeeAdmin, maySeeDesk, maySeePlans, me } from '../base/session'
import { openSteps, overdueCount } from '../base/steps'
import { t } from '../base/texts'
import { ModeMark, Severity } from './badge'

function Clock() {
  tick.value
  return (
    <time class="num" title={t.jst}>
      {jstTime(serverNow())}
    </time>
  )
}

function Network() {
  const cut = offline.value || liveState.value === 'waiting'
  const refused = refusedItems.value.length
  return (
    <a href="/outbox" class={cut ? 'cut' : ''}>
      <span aria-hidden="true">{cut ? '⚠' : '●'}</span>
      <span class="hidden-text">{cut ? t.offline : t.online} </span>
      <span class="queue">{refused > 0 ? t.refused(refused) : t.waiting(waitingCount.value)}</span>
    </a>
  )
}

// How high the bar is now: on a phone who commands may need a line of their own.
function measured(bar: HTMLElement | null): void {
  if (!bar || typeof ResizeObserver === 'undefined') return
  new ResizeObserver(() => document.documentElement.style.setProperty('--bar-now', `${bar.offsetHeight}px`)).observe(
    bar,
  )
}

export function TopBar() {
  const incident = barIncident.value
  const commander = incident?.command?.postName || incident?.commander?.name
  const acting = incident?.command?.capacity === 'CAPACITY_ACTING' ? t.acting : ''
  return (
    <header class="bar" ref={measured}>
      {incident && incident.mode !== 'MODE_REAL' && incident.mode && (
        <span class="mode">
          <ModeMark mode={incident.mode} />
        </span>
      )}
      <span class="command">
        {incident && !incident.id
          ? incident.number
          : incident
            ? `${t.command} ${commander ? commander + acting : t.noCommander}`
            : (me.value?.post?.name ?? t.product)}
      </span>
      {incident && (incident.id || incident.severity) && <Severity value={incident.severity} short />}
      <Network />
      <Clock />
    </header>
  )
}

// How many are mine and open; overdue ones with a sign.
function StepCount() {
  const open = openSteps.value.length
  if (open === 0) return null
  const over = overdueCount.value
  return (
    <span class={`count ${over > 0 ? 'over' : ''}`}>
      {over > 0 && <span aria-hidden="true">⚠</span>}
      {open}
      {over > 0 && <span class="hidden-text"> {t.overdue(over)}</span>}
    </span>
  )
}

// Orders and calls that wait for my answer.
function OrderCount() {
  const n = toAnswer.value
  return n > 0 ? (
    <span class="count over">
      {n}
      <span class="hidden-text"> {t.toAnswer(n)}</span>
    </span>
  ) : null
}

export function Nav() {
  const path = address.value.split('?')[0]!
  const item = (to: string, name: string, at = '', more?: ComponentChildren) => {
    const here = to === '/' ? path === '/' : path === to || path.startsWith(`${to}/`)
    return (
      <a href={to} aria-current={here ? 'page' : undefined} class={at}>
        {name}
        {more}
      </a>
    )
  }
  // A narrow phone shows a part of the row.
  const row = useRef<HTMLElement>(null)
  useEffect(() => {
    const here = row.current?.querySelector<HTMLElement>('[aria-current]')
    if (here) row.current!.scrollLeft = here.offsetLeft + here.offsetWidth - row.current!.clientWidth
  }, [path])
  return (
    <nav class="nav no-print" aria-label={t.menu} ref={row}>
      {item('/', t.home)}
      {item('/steps', t.steps, '', <StepCount />)}
      {item('/orders', t.orders, '', <OrderCount />)}
      {item('/file', t.file)}
      {maySeeDesk.value && item('/desk', t.desk)}
      {maySeePlans.value && item('/plans', t.plans, 'at-desk')}
      {item('/search', t.search)}
      {maySeeAdmin.value && item('/admin', t.admin)}
      {item('/settings', t.settings, 'end')}
    </nav>
  )
}
