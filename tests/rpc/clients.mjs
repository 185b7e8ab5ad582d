// SPDX-License-Identifier: Apache-2.0
// What the stock clients need: their libraries (out of the web client's node_modules) and code generated from proto/.
import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { root } from '../support/server.mjs'

export const web = join(root, 'server', 'web')
export const require = createRequire(join(web, 'package.json'))
// Inside node_modules, so that what is generated finds its run-time library.
export const cache = join(web, 'node_modules', '.cache', 'sokuo-clients')
export const buf = join(web, 'node_modules/@bufbuild/buf-linux-x64/bin/buf')

// Writes plain JavaScript from the contract; answers the services by name.
export async function generate() {
  rmSync(cache, { recursive: true, force: true })
  mkdirSync(cache, { recursive: true })
  writeFileSync(join(cache, 'package.json'), '{"type":"module"}')
  const template = JSON.stringify({
    version: 'v2',
    plugins: [{ local: join(web, 'node_modules/.bin/protoc-gen-es'), out: cache, opt: ['target=js', 'import_extension=js'] }],
  })
  execFileSync(buf, ['generate', '--template', template, join(root, 'proto')], { stdio: 'inherit' })
  const load = (name) => import(pathToFileURL(join(cache, 'sokuo/v1', `${name}_pb.js`)).href)
  const [incident, auth, sync, common, directory] = await Promise.all(
    ['incident', 'auth', 'sync', 'common', 'directory'].map(load),
  )
  return { ...incident, ...auth, ...sync, ...common, ...directory }
}
