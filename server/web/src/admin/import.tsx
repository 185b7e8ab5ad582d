// SPDX-License-Identifier: Apache-2.0
// CSV import: choose a file, see what would happen, then let it happen. Only the lines at fault come back.
import { useState } from 'preact/hooks'
import { directory } from '../base/services'
import { lang } from '../base/settings'
import type { CsvFaultJson, CsvKindJson, ImportCsvResponseJson } from '../gen/sokuo/v1/directory_pb'
import { Button } from '../ui/button'
import { Field, Select, TextField } from '../ui/field'
import { type Column, Table } from '../ui/parts'
import { ErrorNote } from '../ui/toast'
import { csvKindName } from './labels'
import { t } from './texts'

const LARGEST = 1_000_000

// Base64 of a file, piece by piece: large files would overflow the argument list of one call.
export function toBase64(bytes: Uint8Array): string {
  let binary = ''
  for (let i = 0; i < bytes.length; i += 8192) binary += String.fromCharCode(...bytes.subarray(i, i + 8192))
  return btoa(binary)
}

function saveFile(name: string, base64: string): void {
  const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))
  const url = URL.createObjectURL(new Blob([bytes], { type: 'text/csv' }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), 10_000)
}

const columns = (): Column<CsvFaultJson>[] => [
  { head: t.line, num: true, cell: (one) => one.line },
  { head: t.column, cell: (one) => one.column },
  { head: t.reason, cell: (one) => (lang.value === 'en' ? one.reasonEn : one.reasonJa) },
  { head: t.file, cell: (one) => <code class="small">{one.text}</code> },
]

function Result({ result, name }: { result: ImportCsvResponseJson; name: string }) {
  const faults = result.faults ?? []
  const numbers: [string, number | undefined][] = [
    [t.lines, result.lines],
    [t.added, result.added],
    [t.changed, result.changed],
    [t.unchanged, result.unchanged],
    [t.faults, result.faultCount],
  ]
  return (
    <>
      <p>
        {csvKindName(result.kind)} · {t.asText(result.encoding ?? '')}
      </p>
      <dl class="counts">
        {numbers.map(([label, n]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd class="num">{n ?? 0}</dd>
          </div>
        ))}
      </dl>
      {faults.length > 0 && (
        <>
          <Table caption={t.faults} columns={columns()} rows={faults} rowKey={(one) => `${one.line}/${one.column}`} />
          {(result.faultCount ?? 0) > faults.length && <p>{t.faultsMore((result.faultCount ?? 0) - faults.length)}</p>}
          <Button onClick={() => saveFile(`faults-${name}`, result.faultyCsv ?? '')}>{t.downloadFaults}</Button>
        </>
      )}
    </>
  )
}

export function Import() {
  const [file, setFile] = useState<{ name: string; content: string } | null>(null)
  const [kind, setKind] = useState<CsvKindJson>('CSV_KIND_UNSPECIFIED')
  const [effectiveOn, setEffectiveOn] = useState('')
  const [result, setResult] = useState<{ taken: boolean; answer: ImportCsvResponseJson } | null>(null)
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(null)
  const choose = async (chosen: File | undefined) => {
    setResult(null)
    setError(chosen && chosen.size > LARGEST ? t.tooLarge : null)
    if (!chosen || chosen.size > LARGEST) return setFile(null)
    setFile({ name: chosen.name, content: toBase64(new Uint8Array(await chosen.arrayBuffer())) })
  }
  const run = async (dryRun: boolean) => {
    if (!file) return
    setBusy(true)
    setError(null)
    try {
      const answer = await directory.importCsv(
        { kind, content: file.content, dryRun, effectiveOn },
        { timeoutMs: 55_000 },
      )
      setResult({ taken: !dryRun, answer })
    } catch (e) {
      setError(e)
    } finally {
      setBusy(false)
    }
  }
  const good = (result?.answer.added ?? 0) + (result?.answer.changed ?? 0)
  return (
    <div class="stack import">
      <h2>{t.import}</h2>
      <Field label={t.file} hint={t.fileHint}>
        {(tie) => (
          <input
            {...tie}
            class="input"
            type="file"
            accept=".csv,text/csv"
            onChange={(event) => void choose(event.currentTarget.files?.[0])}
          />
        )}
      </Field>
      <Select label={t.fileKind} value={kind} options={csvKindName.all} name={csvKindName} onChange={setKind} />
      <TextField label={t.effectiveOn} type="date" value={effectiveOn} onInput={setEffectiveOn} />
      <ErrorNote error={error} />
      <Button look="solid" busy={busy} disabled={!file} onClick={() => void run(true)}>
        {t.check}
      </Button>
      {result && (
        <section class="card stack" aria-live="polite">
          <h3>{result.taken ? t.taken : t.checked}</h3>
          <Result result={result.answer} name={file?.name ?? 'import.csv'} />
          {!result.taken && good > 0 && (
            <Button look="primary" busy={busy} onClick={() => void run(false)}>
              {t.take}
            </Button>
          )}
        </section>
      )}
    </div>
  )
}
