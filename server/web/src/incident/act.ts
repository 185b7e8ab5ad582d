// SPDX-License-Identifier: Apache-2.0
// Runs one act of a dialog: the same operation id however often it is tried, the version that was seen, what went wrong.
import { useRef, useState } from 'preact/hooks'
import { CallError } from '../base/rpc'
import { uuid } from '../base/uuid'
import type { IncidentJson } from '../gen/sokuo/v1/incident_pb'
import { toast } from '../ui/toast'
import type { IncidentStore } from './store'
import { t } from './texts'

export interface Act {
  busy: boolean
  error: unknown
  run(send: (operationId: string, version: number) => Promise<IncidentJson | undefined>): Promise<void>
}

export function useAct(store: IncidentStore, done: () => void): Act {
  const operation = useRef(uuid())
  const version = useRef(store.incident.peek()?.version ?? 0)
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>()
  const run: Act['run'] = async (send) => {
    setBusy(true)
    setError(undefined)
    try {
      store.took(await send(operation.current, version.current))
      toast(t.done)
      done()
    } catch (e) {
      if (e instanceof CallError && !e.retryable) {
        // The server has refused this operation for good: the next try is another one, on what is true by then.
        operation.current = uuid()
        await store.load()
        version.current = store.incident.peek()?.version ?? 0
      }
      setError(e)
    } finally {
      setBusy(false)
    }
  }
  return { busy, error, run }
}
