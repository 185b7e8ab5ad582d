// SPDX-License-Identifier: Apache-2.0
// Administration: the city, its people, and who may come in.
import type { ComponentType } from 'preact'
import { useTitle } from '../base/bar'
import type { ScreenProps } from '../base/router'
import { hasRole } from '../base/session'
import { t as common } from '../base/texts'
import { lazy } from '../ui/lazy'
import { Accounts } from './accounts'
import './admin.css'
import { Import } from './import'
import { Integrations } from './integrations'
import { Persons } from './persons'
import { Posts } from './posts'
import { t } from './texts'
import { Systems, Units } from './units'

interface Part {
  path: string
  name: () => string
  screen: ComponentType
}

const parts: Part[] = [
  { path: 'persons', name: () => t.persons, screen: Persons },
  { path: 'posts', name: () => t.posts, screen: Posts },
  { path: 'units', name: () => t.units, screen: Units },
  { path: 'systems', name: () => t.systems, screen: Systems },
  { path: 'import', name: () => t.import, screen: Import },
  { path: 'accounts', name: () => t.accounts, screen: Accounts },
  { path: 'integrations', name: () => t.integrations, screen: Integrations },
  { path: 'channels', name: () => t.channels, screen: lazy(() => import('../contact/channels')) },
  { path: 'notices', name: () => t.notices, screen: lazy(() => import('../contact/notices')) },
]

const TEAM = ['integrations', 'channels', 'notices']

export default function Admin({ params }: ScreenProps) {
  // The security team looks after integrations and what was sent; the rest is for administrators.
  const allowed = hasRole('ROLE_ADMIN') ? parts : parts.filter((part) => TEAM.includes(part.path))
  const here = allowed.find((part) => part.path === params['*']) ?? allowed[0]!
  useTitle(`${common.admin} ${here.name()}`)
  const Here = here.screen
  return (
    <div class="page admin">
      <h1 class="hidden-text">{common.admin}</h1>
      <nav class="tabs no-print" aria-label={common.admin}>
        {allowed.map((part) => (
          <a key={part.path} class="tab" href={`/admin/${part.path}`} aria-current={part === here ? 'page' : undefined}>
            {part.name()}
          </a>
        ))}
      </nav>
      <div class="stack" key={here.path}>
        <Here />
      </div>
    </div>
  )
}
