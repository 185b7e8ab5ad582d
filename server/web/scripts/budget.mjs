// SPDX-License-Identifier: Apache-2.0
// Fails when what a phone loads to file an incident is more than 60 kB (brotli): page, scripts, styles, all counted.
import { readFileSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

process.chdir(fileURLToPath(new URL('..', import.meta.url)))
const LIMIT = 60_000
const PHONE = ['index.html', 'src/incident/home.tsx', 'src/incident/file.tsx']
const manifest = JSON.parse(readFileSync('dist/.vite/manifest.json', 'utf8'))

const files = new Set(['index.html'])
const seen = new Set()
function visit(key) {
  if (seen.has(key)) return
  seen.add(key)
  const chunk = manifest[key]
  if (!chunk) throw new Error(`the build has no ${key}`)
  files.add(chunk.file)
  for (const style of chunk.css ?? []) files.add(style)
  for (const next of chunk.imports ?? []) visit(next)
}
PHONE.forEach(visit)

let total = 0
for (const file of [...files].sort()) {
  const size = statSync(`dist/${file}.br`).size
  total += size
  console.log(String(size).padStart(7), file)
}
console.log(String(total).padStart(7), `of ${LIMIT} bytes`)
if (total > LIMIT) process.exit(1)
