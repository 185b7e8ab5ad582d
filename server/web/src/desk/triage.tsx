// SPDX-License-Identifier: Apache-2.0
// Triage: the queue at left, facts in the middle, the decision at right; everything also by key.
import { useEffect, useState } from 'preact/hooks'
import { liveSoon, onLive } from '../base/live'
import { navigate } from '../base/router'
import { t as common } from '../base/texts'
import type { SeverityJson } from '../gen/sokuo/v1/incident_pb'
import { Button } from '../ui/button'
import { Dialog } from '../ui/dialog'
import { Loading } from '../ui/parts'
import { ErrorNote } from '../ui/toast'
import { type Act, actOf, help } from './keys'
import { Detail, Proposal, Queue } from './panes'
import * as desk from './store'
import { keyName, t } from './texts'

function severityOf(key: string): SeverityJson {
  return `SEVERITY_S${Number(key) - 1}` as SeverityJson
}

function perform(act: Act, key: string, showHelp: () => void): void {
  const acts: Record<Act, () => void> = {
    down: () => desk.move(1),
    up: () => desk.move(-1),
    select: () => desk.cursorKey.peek() && desk.toggle(desk.cursorKey.peek()),
    severity: () => desk.change({ severity: severityOf(key) }),
    type: () => document.querySelector<HTMLSelectElement>('#desk-type select')?.focus(),
    assign: () => desk.change({ takeOver: !desk.decision.peek().takeOver }),
    decide: () => void desk.decide(),
    promote: () => void desk.promote(),
    dismiss: () => void desk.dismiss(),
    open: () => {
      const number = desk.current.peek()?.incident?.number
      if (number) navigate(`/incident/${number}`)
    },
    refresh: () => void desk.load(),
    undo: () => void desk.undo(),
    search: () => navigate('/search'),
    help: showHelp,
  }
  acts[act]()
}

function Help({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title={t.shortcuts} onClose={onClose}>
      <dl class="facts keys">
        {help.map(([keys, name]) => (
          <div class="fact" key={name}>
            <dt>
              {keys.split(' ').map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{keyName(name)}</dd>
          </div>
        ))}
      </dl>
      <div class="acts">
        <Button onClick={onClose}>{common.close}</Button>
      </div>
    </Dialog>
  )
}

function useKeys(showHelp: () => void): void {
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (document.querySelector('dialog[open]')) return
      const act = actOf(event, event.target as HTMLElement | null)
      if (!act) return
      event.preventDefault()
      perform(act, event.key, showHelp)
      const row = document.querySelector(`[data-key="${CSS.escape(desk.cursorKey.peek())}"]`)
      if (act === 'up' || act === 'down') row?.scrollIntoView({ block: 'nearest' })
    }
    document.addEventListener('keydown', press)
    return () => document.removeEventListener('keydown', press)
  }, [])
}

export function Triage() {
  const [helping, setHelping] = useState(false)
  useKeys(() => setHelping(true))
  useEffect(() => {
    void liveSoon().then(desk.load)
    return onLive({ changes: desk.heard, reset: () => void desk.load() })
  }, [])
  if (desk.failed.value && !desk.rows.value) {
    return <ErrorNote error={desk.failed.value} onRetry={() => void desk.load()} />
  }
  if (!desk.rows.value) return <Loading />
  return (
    <>
      <div class="triage">
        <Queue />
        <Detail />
        <Proposal />
      </div>
      {helping && <Help onClose={() => setHelping(false)} />}
    </>
  )
}
