// SPDX-License-Identifier: Apache-2.0
// What the lists of administration share: pages, a form that saves, a secret that is shown once.
import type { ComponentChildren } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { t as common } from '../base/texts'
import { Button } from '../ui/button'
import { Dialog, FormDialog } from '../ui/dialog'
import { Loading } from '../ui/parts'
import { ErrorNote, toast, toastError } from '../ui/toast'
import { t } from './texts'

export interface Pages<R> {
  rows: R[] | null
  error: unknown
  more: (() => void) | null
  reload: () => Promise<void>
}

// A list, page by page; begins anew when the key (its filter) changes. An answer that comes late is dropped.
export function usePages<R>(key: string, load: (token: string) => Promise<{ rows: R[]; next?: string }>): Pages<R> {
  const [state, setState] = useState<{ rows: R[]; next: string } | null>(null)
  const [error, setError] = useState<unknown>(null)
  const turn = useRef(0)
  const fetchPage = async (before: R[], token: string) => {
    const mine = ++turn.current
    try {
      const page = await load(token)
      if (mine !== turn.current) return
      setState({ rows: [...before, ...page.rows], next: page.next ?? '' })
      setError(null)
    } catch (e) {
      if (mine === turn.current) setError(e)
    }
  }
  useEffect(() => void fetchPage([], ''), [key])
  return {
    rows: state?.rows ?? null,
    error,
    more: state?.next ? () => void fetchPage(state.rows, state.next) : null,
    reload: () => fetchPage([], ''),
  }
}

export function PageList<R>({ pages, children }: { pages: Pages<R>; children: (rows: R[]) => ComponentChildren }) {
  return (
    <>
      <ErrorNote error={pages.error} onRetry={() => void pages.reload()} />
      {!pages.rows && !pages.error && <Loading />}
      {pages.rows && children(pages.rows)}
      {pages.more && <Button onClick={pages.more}>{common.more}</Button>}
    </>
  )
}

interface FormProps<F> {
  title: string
  initial: F
  valid?: (form: F) => boolean
  save: (form: F) => Promise<unknown>
  onClose: (saved: boolean) => void
  children: (form: F, change: (part: Partial<F>) => void) => ComponentChildren
  wide?: boolean
}

// A dialog over a form; closes when the server has taken it, stays with the error when not.
export function SaveDialog<F extends object>({ title, initial, valid, save, onClose, children, wide }: FormProps<F>) {
  const [form, setForm] = useState(initial)
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(null)
  const submit = async () => {
    setBusy(true)
    try {
      await save(form)
      onClose(true)
    } catch (e) {
      setError(e)
    } finally {
      setBusy(false)
    }
  }
  return (
    <FormDialog
      title={title}
      wide={wide}
      submit={common.save}
      busy={busy}
      error={error}
      disabled={valid ? !valid(form) : false}
      onSubmit={submit}
      onClose={() => onClose(false)}
    >
      {children(form, (part) => setForm({ ...form, ...part }))}
    </FormDialog>
  )
}

// A value that is shown once, to copy or to write down.
export function Secret({ title, values, onClose }: { title: string; values: [string, string][]; onClose: () => void }) {
  const copy = (value: string) => {
    const done = navigator.clipboard?.writeText(value)
    if (done) done.then(() => toast(t.copied), toastError)
  }
  return (
    <Dialog title={title} wide onClose={onClose}>
      <p class="note warn">{t.shownOnce}</p>
      {values.map(([name, value]) => (
        <div class="field" key={name}>
          <p class="head">{name}</p>
          <div class="secret">
            <pre class="num">{value}</pre>
            {'clipboard' in navigator && <Button onClick={() => copy(value)}>{t.copy}</Button>}
          </div>
        </div>
      ))}
      <div class="acts">
        <Button look="solid" onClick={onClose}>
          {common.close}
        </Button>
      </div>
    </Dialog>
  )
}

export function Check(props: { label: ComponentChildren; on: boolean | undefined; onChange: (on: boolean) => void }) {
  return (
    <label class="check">
      <input type="checkbox" checked={props.on ?? false} onChange={() => props.onChange(!props.on)} />
      {props.label}
    </label>
  )
}
