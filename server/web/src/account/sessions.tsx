// SPDX-License-Identifier: Apache-2.0
import { useEffect, useState } from 'preact/hooks'
import { auth } from '../base/services'
import type { SessionJson } from '../gen/sokuo/v1/auth_pb'
import { Button } from '../ui/button'
import { Time } from '../ui/time'
import { ErrorNote, toast } from '../ui/toast'
import { useTry } from './form'
import { t } from './texts'

// A browser as people know it; its own words where we do not.
export function browserName(agent: string): string {
  const name = /(Edg|OPR|Firefox|Chrome|Safari)[A-Za-z]*\/(\d+)/
  const found = /Edg/.test(agent) ? /(Edg)[A-Za-z]*\/(\d+)/.exec(agent) : name.exec(agent)
  const system = /(Windows|Android|iPhone|iPad|Mac OS|Linux|CrOS)/.exec(agent)?.[1]
  if (!found) return agent.slice(0, 60)
  return [`${found[1] === 'Edg' ? 'Edge' : found[1]} ${found[2]}`, system].filter(Boolean).join(' · ')
}

export function Sessions() {
  const [sessions, setSessions] = useState<SessionJson[]>([])
  const { busy, error, run } = useTry()
  const load = async () => setSessions((await auth.listSessions({})).sessions ?? [])
  useEffect(() => void run(load), [])
  const revoke = (id?: string) =>
    run(async () => {
      const answer = await auth.revokeSession({ id })
      toast(t.ended(answer.revoked ?? 0))
      await load()
    })
  return (
    <section class="card stack">
      <h2>{t.sessions}</h2>
      <p class="small quiet">{t.sessionsHint}</p>
      <ErrorNote error={error} />
      <ul class="list">
        {sessions.map((session) => (
          <li key={session.id} class="session">
            <div>
              <strong>{browserName(session.userAgent ?? '')}</strong> {session.current && `(${t.thisOne})`}
              <div class="small quiet">
                {t.from} {session.ip} · {t.since} <Time at={session.createdAt} /> · {t.lastUsed}{' '}
                <Time at={session.lastUsedAt} />
              </div>
            </div>
            {!session.current && (
              <Button look="danger" busy={busy} onClick={() => void revoke(session.id)}>
                {t.end}
              </Button>
            )}
          </li>
        ))}
      </ul>
      {sessions.length > 1 && (
        <Button busy={busy} onClick={() => void revoke()}>
          {t.endOthers}
        </Button>
      )}
    </section>
  )
}
