// SPDX-License-Identifier: Apache-2.0
// Makes dist/sw.js of src/sw.js: puts in what the phone needs to start without a network, and a version of it all.
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Plugin } from 'vite'

// Desk and administration are large and need the network anyway.
const NOT_OFFLINE = /^(desk|admin)-/

export function serviceWorker(): Plugin {
  let root = ''
  let out = ''
  return {
    name: 'service-worker',
    apply: 'build',
    configResolved(config) {
      root = config.root
      out = join(root, config.build.outDir)
    },
    // What was written, not what was planned: chunks that hold nothing but styles are dropped last, and a single missing
    // file would keep the worker from being installed.
    writeBundle() {
      const files = readdirSync(join(out, 'assets'))
        .filter((name) => /\.(js|css)$/.test(name) && !NOT_OFFLINE.test(name))
        .map((name) => `/assets/${name}`)
        .sort()
      const version = createHash('sha256').update(files.join()).digest('hex').slice(0, 12)
      const source = readFileSync(join(root, 'src/sw.js'), 'utf8')
        .replace("['__FILES__']", JSON.stringify(files))
        .replace('__VERSION__', version)
      writeFileSync(join(out, 'sw.js'), source)
    },
  }
}
