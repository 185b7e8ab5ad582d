// SPDX-License-Identifier: Apache-2.0
// The way between a browser and the server, which a test cuts where it wants. Unlike interception in the browser it
// knows what really arrived.
import { createServer, request } from 'node:http'

export class Wire {
  // takes(path) names the requests that mode is about; all others pass.
  mode = 'open'
  takes = (path) => path.endsWith('/Push')

  constructor(server) {
    this.server = server
    this.node = createServer((req, res) => this.#pass(req, res))
  }

  async start() {
    await new Promise((resolve) => this.node.listen(0, '127.0.0.1', resolve))
    this.url = `http://127.0.0.1:${this.node.address().port}`
    return this
  }

  stop() {
    this.node.closeAllConnections()
    return new Promise((resolve) => this.node.close(resolve))
  }

  // cut: nothing gets through; hold: the request never arrives; deaf: it arrives, and its answer never does. Resolves when that has happened once.
  next(mode) {
    this.mode = mode
    return new Promise((resolve) => (this.happened = resolve))
  }

  #pass(req, res) {
    const mode = this.takes(req.url.split('?')[0]) ? this.mode : 'open'
    if (mode === 'cut') return req.destroy()
    if (mode === 'hold') return this.happened()
    const { hostname, port, host, origin } = new URL(this.server.url)
    const headers = { ...req.headers, host, ...(req.headers.origin ? { origin } : {}) }
    const on = request({ hostname, port, method: req.method, path: req.url, headers }, (answer) => {
      if (mode === 'deaf') {
        answer.resume().on('end', () => this.happened())
        return
      }
      res.writeHead(answer.statusCode, answer.rawHeaders)
      answer.pipe(res)
    })
    on.on('error', () => res.destroy())
    res.on('close', () => mode === 'open' && on.destroy())
    req.pipe(on)
  }
}
