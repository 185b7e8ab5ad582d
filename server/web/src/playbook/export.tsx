// SPDX-License-Identifier: Apache-2.0
import { useState } from 'preact/hooks'
import type { PlaybookFormatJson } from '../gen/sokuo/v1/playbook_pb'
import { Button } from '../ui/button'
import { toastError } from '../ui/toast'
import { p } from './plan_texts'
import { playbooks } from './services'

// Hands bytes to the browser as a file.
export function saveFile(name: string, type: string, data: string): void {
  const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0))
  const url = URL.createObjectURL(new Blob([bytes], { type }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  document.body.append(link)
  link.click()
  link.remove()
  setTimeout(() => URL.revokeObjectURL(url), 10_000)
}

const FORMATS: readonly PlaybookFormatJson[] = [
  'PLAYBOOK_FORMAT_YAML',
  'PLAYBOOK_FORMAT_CACAO',
  'PLAYBOOK_FORMAT_REDACTED',
]

const nameOf = (format: PlaybookFormatJson) =>
  format === 'PLAYBOOK_FORMAT_YAML'
    ? p.exportYaml
    : format === 'PLAYBOOK_FORMAT_CACAO'
      ? p.exportCacao
      : p.exportRedacted

export function ExportMenu({ id }: { id: string }) {
  const [busy, setBusy] = useState(false)
  const get = async (format: PlaybookFormatJson) => {
    setBusy(true)
    try {
      const answer = await playbooks.exportPlaybook({ id, format })
      saveFile(answer.fileName ?? 'plan', answer.mediaType ?? 'application/octet-stream', answer.data ?? '')
    } catch (e) {
      toastError(e)
    } finally {
      setBusy(false)
    }
  }
  return (
    <details class="menu">
      <summary class="button">{p.export}</summary>
      <div class="menu-list">
        {FORMATS.map((format) => (
          <Button key={format} busy={busy} onClick={() => void get(format)}>
            {nameOf(format)}
          </Button>
        ))}
      </div>
    </details>
  )
}
