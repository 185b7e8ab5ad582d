// SPDX-License-Identifier: Apache-2.0
// Runs one act: the same operation id however often it is tried, a fresh one once the server has refused it for good.
import { useRef, useState } from 'preact/hooks'
import { CallError } from '../base/rpc'
import { uuid } from '../base/uuid'

export interface Send {
  busy: boolean
  error: unknown
  run(send: (operationId: string) => Promise<void>): Promise<void>
}

export function useSend(): Send {
  const operation = useRef(uuid())
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>()
  const run: Send['run'] = async (send) => {
    setBusy(true)
    setError(undefined)
    try {
      await send(operation.current)
      operation.current = uuid()
    } catch (e) {
      if (e instanceof CallError && !e.retryable) operation.current = uuid()
      setError(e)
    } finally {
      setBusy(false)
    }
  }
  return { busy, error, run }
}
