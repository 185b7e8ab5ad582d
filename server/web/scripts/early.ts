// SPDX-License-Identifier: Apache-2.0
// Builds src/early.js by itself and puts it in the page before the client: it runs as soon as the page is read, long
// before the client is there. What the client paints first is its first screen, never an empty page.
import type { Plugin } from 'vite'

export function early(): Plugin {
  return {
    name: 'early',
    apply: 'build',
    buildStart() {
      this.emitFile({ type: 'chunk', id: 'src/early.js', name: 'early' })
    },
    // Not a module: those run only after the page was read whole.
    renderChunk(code, chunk) {
      return chunk.name === 'early' ? `(()=>{${code}})()` : null
    },
    transformIndexHtml: {
      order: 'post',
      handler(html, { bundle }) {
        const file = Object.values(bundle!).find((one) => one.name === 'early')!.fileName
        return html.replace('<script type="module"', `<script src="/${file}"></script>\n    $& blocking="render"`)
      },
    },
  }
}
