// SPDX-License-Identifier: Apache-2.0
// Builds src/early.js by itself and puts it in the page: it runs long before the client is there.
import type { Plugin } from 'vite'

export function early(): Plugin {
  return {
    name: 'early',
    apply: 'build',
    buildStart() {
      this.emitFile({ type: 'chunk', id: 'src/early.js', name: 'early' })
    },
    transformIndexHtml: {
      order: 'post',
      handler(_html, { bundle }) {
        const file = Object.values(bundle!).find((one) => one.name === 'early')!.fileName
        return [{ tag: 'script', attrs: { type: 'module', async: true, src: `/${file}` }, injectTo: 'head' }]
      },
    },
  }
}
