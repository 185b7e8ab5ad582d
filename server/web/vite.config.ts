// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Plugin } from 'vite'
import { defineConfig } from 'vitest/config'
import { mockPlugin } from './dev/mock.ts'
import { compressed } from './scripts/compressed.ts'
import { early } from './scripts/early.ts'
import { serviceWorker } from './scripts/service_worker.ts'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

// Puts the Digital Agency tokens that a style sheet uses in place of its "/*! tokens */" line: about 30 of 170.
function tokens(): Plugin {
  const source = here('node_modules/@digital-go-jp/design-tokens/dist/tokens-simple.css')
  const all = new Map([...readFileSync(source, 'utf8').matchAll(/^\s*(--[\w-]+):\s*(.+);/gm)].map((m) => [m[1], m[2]]))
  return {
    name: 'tokens',
    enforce: 'pre',
    transform(code, id) {
      if (!id.split('?')[0]!.endsWith('.css') || !code.includes('/*! tokens */')) return
      const used = new Set([...code.matchAll(/var\((--(?:color-primitive|color-neutral)[\w-]+)\)/g)].map((m) => m[1]))
      const lines = [...used].sort().map((name) => {
        if (!all.has(name)) throw new Error(`${id}: the design tokens have no ${name}`)
        return `${name}: ${all.get(name)};`
      })
      return { code: code.replace('/*! tokens */', `:root { ${lines.join(' ')} }`), map: null }
    },
  }
}

const server = process.env.SOKUO_SERVER ?? 'http://127.0.0.1:8080'
const mocked = process.env.SOKUO_MOCK === '1'
const proxy: Record<string, string> = mocked ? {} : { '^/sokuo\\.v1\\.': server, '/events': server }

export default defineConfig({
  plugins: [tokens(), ...(mocked ? [mockPlugin()] : []), early(), serviceWorker(), compressed()],
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  server: { proxy },
  preview: { proxy },
  build: {
    target: ['chrome109', 'edge109', 'firefox115', 'safari16'],
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0, // data: addresses are not in the content security policy
    manifest: true,
    reportCompressedSize: false,
    // What every screen needs is one file: a phone opens six connections, each worth a way there and back.
    rolldownOptions: {
      output: {
        advancedChunks: {
          groups: [{ name: 'shell', test: /node_modules\/(@?preact|idb)\/|src\/(base|ui|step|login)\// }],
        },
      },
    },
  },
  test: {
    environment: 'happy-dom',
    include: ['test/**/*.test.{ts,tsx}'],
    setupFiles: ['test/setup.ts'],
  },
})
