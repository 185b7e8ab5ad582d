// SPDX-License-Identifier: Apache-2.0
import { useRef, useState } from 'preact/hooks'
import { uuid } from './uuid'

// Runs an act with one operation id through all its tries; the id is spent when it has worked.
export function useAct(act: (operationId: string) => Promise<unknown>) {
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>()
  const id = useRef('')
  const run = async (): Promise<boolean> => {
    if (!id.current) id.current = uuid()
    setBusy(true)
    setError(undefined)
    try {
      await act(id.current)
      id.current = ''
      return true
    } catch (e) {
      setError(e)
      return false
    } finally {
      setBusy(false)
    }
  }
  return { busy, error, run }
}
