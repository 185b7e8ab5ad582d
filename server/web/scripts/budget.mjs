// SPDX-License-Identifier: Apache-2.0
// Fails when what a phone loads to follow its steps, or to file an incident, is more than 60 kB (brotli): page, scripts,
// styles, all counted.
import { readFileSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

process.chdir(fileURLToPath(new URL('..', import.meta.url)))
const LIMIT = 60_000
const SCREENS = {
  'my steps': ['index.html', 'src/early.js'],
  'file an incident': ['index.html', 'src/early.js', 'src/incident/file.tsx'],
}
const manifest = JSON.parse(readFileSync('dist/.vite/manifest.json', 'utf8'))

function filesOf(entries) {
  const files = new Set(['index.html', 'manifest.webmanifest', 'icon.svg'])
  const seen = new Set()
  const visit = (key) => {
    if (seen.has(key)) return
    seen.add(key)
    const chunk = manifest[key]
    if (!chunk) throw new Error(`the build has no ${key}`)
    files.add(chunk.file)
    for (const style of chunk.css ?? []) files.add(style)
    for (const next of chunk.imports ?? []) visit(next)
  }
  entries.forEach(visit)
  return [...files].sort()
}

for (const [screen, entries] of Object.entries(SCREENS)) {
  let total = 0
  for (const file of filesOf(entries)) {
    const size = statSync(`dist/${file}.br`).size
    total += size
    console.log(String(size).padStart(7), file)
  }
  console.log(String(total).padStart(7), `of ${LIMIT} bytes: ${screen}`)
  if (total > LIMIT) process.exitCode = 1
}
