// SPDX-License-Identifier: Apache-2.0
// The plans: list, page of one, printable pack; the editor is a chunk of its own.
import type { ComponentType } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import type { ScreenProps } from '../base/router'
import { Loading } from '../ui/parts'
import { ErrorNote } from '../ui/toast'
import { PlanPaper } from './paper'
import { PlanList } from './plan_list'
import { PlanPage } from './plan_page'
import './playbook.css'

interface EditorProps {
  id: string
}

// Reading and writing YAML weighs more than all the rest: it is loaded when somebody edits.
function LazyEditor({ id }: EditorProps) {
  const [Loaded, setLoaded] = useState<ComponentType<EditorProps> | null>(null)
  const [error, setError] = useState<unknown>()
  const load = () => {
    setError(undefined)
    import('./editor').then((module) => setLoaded(() => module.default), setError)
  }
  useEffect(load, [])
  if (Loaded) return <Loaded id={id} />
  return <div class="page">{error ? <ErrorNote error={error} onRetry={load} /> : <Loading />}</div>
}

export default function Plans({ params }: ScreenProps) {
  const [id = '', part = ''] = (params['*'] ?? '').split('/')
  if (!id) return <PlanList />
  if (id === 'new') return <LazyEditor id="" />
  if (part === 'edit') return <LazyEditor key={id} id={id} />
  if (part === 'paper') return <PlanPaper key={id} id={id} />
  return <PlanPage key={id} id={id} />
}
