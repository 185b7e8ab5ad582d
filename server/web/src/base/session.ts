// SPDX-License-Identifier: Apache-2.0
// Who is logged in on this device. When the session ends, a login lies over the screen; the screen stays beneath it.
import { computed, signal } from '@preact/signals'
import type { MeJson } from '../gen/sokuo/v1/auth_pb'
import type { RoleJson } from '../gen/sokuo/v1/options_pb'
import { heardServerTime } from './clock'
import { forget, forgetPerson, read, readEarly, write } from './db'
import { painted } from './paint'
import { arrivedAt, CallError, onSessionEnd } from './rpc'
import { auth } from './services'

export const me = signal<MeJson | null>(null)
// starting: nothing known yet; login: the login is shown (over the screen, when somebody was logged in).
export const sessionState = signal<'starting' | 'login' | 'open'>('starting')

let waiting: ((same: boolean) => void)[] = []

// The server answers and knows nobody. A session whose time ran out leaves my steps sealed on the device for the same
// person's login; one that somebody ended takes them with it. Unsent work stays in both cases.
async function ended(e: unknown): Promise<void> {
  const revoked = e instanceof CallError && e.info.reason === 'SESSION_REVOKED'
  await (revoked ? forgetPerson() : forget('facts', 'me'))
  sessionState.value = 'login'
}

onSessionEnd((e) => {
  void ended(e)
  return new Promise((resolve) => waiting.push(resolve))
})

// Finds out who is logged in. The person of the last visit goes on at once with what is on the device; the server is
// asked meanwhile. true: all of it was read early, and the network may wait until it stands on the screen.
export async function sessionBegin(): Promise<boolean> {
  document.addEventListener('visibilitychange', () => void (document.hidden || elsewhere()))
  const known = await readEarly('me')
  if (known) {
    goOn(known)
    void painted().then(() => hear(auth.getMe({}, { silent: true }), known))
    return true
  }
  const asked = auth.getMe({}, { silent: true })
  asked.catch(() => undefined)
  const kept = await read<MeJson>('facts', 'me')
  if (kept) {
    goOn(kept)
    void hear(asked, kept)
  } else await hear(asked, undefined)
  return false
}

function goOn(kept: MeJson): void {
  me.value = kept
  sessionState.value = 'open'
}

async function hear(asked: ReturnType<typeof auth.getMe>, kept: MeJson | undefined): Promise<void> {
  try {
    const answer = await asked
    const found = answer.me
    const other = kept && found?.accountId !== kept.accountId
    if (other) await forgetPerson()
    const taken = take(found ?? null, arrivedAt(answer))
    if (other) await taken
    // Another person than before begins with a fresh page.
    if (other) location.reload()
  } catch (e) {
    if (kept && e instanceof CallError && e.retryable) return
    await ended(e)
  }
}

async function take(found: MeJson | null, arrived?: number): Promise<void> {
  heardServerTime(found?.serverTime, arrived)
  me.value = found
  // Begun first: what opens with the session reads it (outbox.ts).
  const written = found ? write('facts', 'me', found) : undefined
  sessionState.value = found ? 'open' : 'login'
  await written
}

// After a login. Another person than before begins with a fresh page: nothing of the first may be seen or sent.
export function sessionOpened(found: MeJson): void {
  const before = me.peek()
  const same = !before || before.accountId === found.accountId
  void take(found)
  const woken = waiting
  waiting = []
  for (const wake of woken) wake(same)
  if (!same) location.assign('/')
}

// The person may have logged in again in another tab.
async function elsewhere(): Promise<void> {
  if (sessionState.peek() !== 'login' || !me.peek()) return
  const { me: found } = await auth.getMe({}, { silent: true }).catch(() => ({ me: undefined }))
  if (found && sessionState.peek() === 'login') sessionOpened(found)
}

// Another tab has changed who is logged in, it seems: asks, and shows it.
export async function sessionCheck(): Promise<void> {
  await hear(auth.getMe({}, { silent: true }), me.peek() ?? undefined)
}

// Reads the caller anew, after something about the account changed.
export async function sessionRefresh(): Promise<void> {
  await take((await auth.getMe({})).me ?? null)
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
// Plans are not public: these duties open them (PlaybookService/GetPlaybook).
export const maySeePlans = computed(
  () =>
    maySeeDesk.value ||
    hasRole('ROLE_MAYOR', 'ROLE_ISO', 'ROLE_ISM', 'ROLE_SYSMGR', 'ROLE_EOC', 'ROLE_EDU', 'ROLE_WATER') ||
    hasRole('ROLE_COMMITTEE', 'ROLE_AUDITOR'),
)
