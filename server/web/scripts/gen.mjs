// SPDX-License-Identifier: Apache-2.0
// Makes src/gen from the contract: with buf where npm brought it, else with the protoc of the system.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

process.chdir(fileURLToPath(new URL('..', import.meta.url)))
const buf = 'node_modules/@bufbuild/buf-linux-x64/bin/buf'
if (existsSync(buf)) {
  execFileSync(buf, ['generate', '../../proto'], { stdio: 'inherit' })
} else {
  rmSync('src/gen', { recursive: true, force: true })
  mkdirSync('src/gen', { recursive: true })
  const files = [
    'auth',
    'common',
    'directory',
    'evidence',
    'incident',
    'intake',
    'options',
    'playbook',
    'step',
    'sync',
  ].map((n) => `sokuo/v1/${n}.proto`)
  const opts = ['--plugin=node_modules/.bin/protoc-gen-es', '--es_out=src/gen', '--es_opt=target=ts,json_types=true']
  execFileSync('protoc', ['-I', '../../proto', ...opts, ...files], { stdio: 'inherit' })
}
