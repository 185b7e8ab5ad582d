// SPDX-License-Identifier: Apache-2.0
// Duties: my own absence, who stands in for whom, whether anybody would be reached, and by which policy people are called.
import type { ComponentType } from 'preact'
import { useBarIncident, useTitle } from '../base/bar'
import type { ScreenProps } from '../base/router'
import { hasRole } from '../base/session'
import { lazy } from '../ui/lazy'
import { Absences } from './absences'
import { Away } from './away'
import './duty.css'
import { DutyList } from './list'
import { Policies } from './policies'
import { Readiness } from './readiness'
import { t } from './texts'

interface Part {
  path: string
  name: () => string
  screen: ComponentType
  may?: () => boolean
}

const overseers = () =>
  hasRole('ROLE_ADMIN', 'ROLE_MAYOR', 'ROLE_CISO', 'ROLE_VCISO', 'ROLE_SISO', 'ROLE_CSIRT_LEAD') ||
  hasRole('ROLE_CSIRT_DEPUTY', 'ROLE_HANDLER', 'ROLE_POC', 'ROLE_ISO', 'ROLE_EOC', 'ROLE_AUDITOR')

const parts: Part[] = [
  { path: 'away', name: () => t.away, screen: Away },
  { path: 'list', name: () => t.list, screen: DutyList },
  { path: 'rotas', name: () => t.rotas, screen: lazy(() => import('./rotas')) },
  { path: 'readiness', name: () => t.readiness, screen: Readiness, may: overseers },
  { path: 'absences', name: () => t.absences, screen: Absences },
  { path: 'policies', name: () => t.policies, screen: Policies },
  { path: 'authority', name: () => t.authority, screen: lazy(() => import('./authority')) },
]

export default function Duties({ params }: ScreenProps) {
  const allowed = parts.filter((part) => part.may?.() ?? true)
  const here = allowed.find((part) => part.path === params['*']) ?? allowed[0]!
  useTitle(here.name())
  useBarIncident(null)
  const Here = here.screen
  return (
    <div class="page duties">
      <h1>{t.title}</h1>
      <nav class="tabs no-print" aria-label={t.title}>
        {allowed.map((part) => (
          <a
            key={part.path}
            class="tab"
            href={`/duties/${part.path}`}
            aria-current={part === here ? 'page' : undefined}
          >
            {part.name()}
          </a>
        ))}
      </nav>
      <div class="stack duties-part" key={here.path}>
        <Here />
      </div>
    </div>
  )
}
