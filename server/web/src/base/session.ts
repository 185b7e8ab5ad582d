// SPDX-License-Identifier: Apache-2.0
// Who is logged in on this device. When the session ends, a login lies over the screen; the screen stays beneath it.
import { computed, signal } from '@preact/signals'
import type { MeJson } from '../gen/sokuo/v1/auth_pb'
import type { RoleJson } from '../gen/sokuo/v1/options_pb'
import { heardServerTime } from './clock'
import { forgetPerson, read, write } from './db'
import { CallError, onSessionEnd } from './rpc'
import { auth } from './services'

export const me = signal<MeJson | null>(null)
// starting: nothing known yet; login: the login is shown (over the screen, when somebody was logged in).
export const sessionState = signal<'starting' | 'login' | 'open'>('starting')

const PATIENCE_MS = 6_000 // of somebody who waits for a screen where the network swallows everything

let waiting: ((same: boolean) => void)[] = []

onSessionEnd(() => {
  sessionState.value = 'login'
  return new Promise((resolve) => waiting.push(resolve))
})

// Finds out who is logged in. Without a network the person of the last visit may go on with what works offline.
export async function sessionBegin(): Promise<void> {
  const kept = await read<MeJson>('facts', 'me')
  try {
    const { me: found } = await auth.getMe({}, { silent: true, timeoutMs: kept && PATIENCE_MS })
    take(found ?? null)
  } catch (e) {
    me.value = (e instanceof CallError && e.offline && kept) || null
    sessionState.value = me.value ? 'open' : 'login'
  }
}

function take(found: MeJson | null): void {
  heardServerTime(found?.serverTime)
  me.value = found
  sessionState.value = found ? 'open' : 'login'
  if (found) void write('facts', 'me', found)
}

// After a login. Another person than before begins with a fresh page: nothing of the first may be seen or sent.
export function sessionOpened(found: MeJson): void {
  const before = me.peek()
  const same = !before || before.accountId === found.accountId
  take(found)
  const woken = waiting
  waiting = []
  for (const wake of woken) wake(same)
  if (!same) location.assign('/')
}

// Reads the caller anew, after something about the account changed.
export async function sessionRefresh(): Promise<void> {
  take((await auth.getMe({})).me ?? null)
}

export async function logout(): Promise<void> {
  await auth.logout({}, { silent: true }).catch(() => undefined)
  await forgetPerson()
  location.assign('/')
}

export function hasRole(...roles: RoleJson[]): boolean {
  return me.value?.roles?.some((role) => roles.includes(role)) ?? false
}

export const maySeeDesk = computed(() =>
  hasRole(
    'ROLE_CSIRT_LEAD',
    'ROLE_CSIRT_DEPUTY',
    'ROLE_HANDLER',
    'ROLE_CSIRT_MEMBER',
    'ROLE_POC',
    'ROLE_SISO',
    'ROLE_CISO',
    'ROLE_VCISO',
    'ROLE_DUTY_DESK',
  ),
)
export const maySeeAdmin = computed(() => hasRole('ROLE_ADMIN', 'ROLE_CSIRT_LEAD', 'ROLE_CSIRT_DEPUTY'))
