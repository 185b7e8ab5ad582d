// SPDX-License-Identifier: Apache-2.0
// A whole Sokuo for tests in Node: its own data directory, its own port, stopped at the end.
import { execFileSync, spawn } from 'node:child_process'
import { chmodSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
export const binary = process.env.SOKUO_BIN ?? join(root, 'build', 'server', 'sokuo')

export class Server {
  constructor(args = []) {
    this.args = args
    this.data = mkdtempSync(join(tmpdir(), 'sokuo-test-'))
    chmodSync(this.data, 0o755)
  }

  // Resolves when the server has printed its READY line.
  async start(port = 0) {
    const log = openSync(`${this.data}.log`, 'a')
    const args = ['serve', '--data', this.data, '--port', String(port), ...this.args]
    this.child = spawn(binary, args, { stdio: ['ignore', 'pipe', log] })
    const ready = await new Promise((resolve, reject) => {
      const fail = (why) => {
        clearTimeout(timer)
        reject(new Error(`${why}:\n${this.log()}`))
      }
      const timer = setTimeout(() => fail('not ready after 90 s'), 90_000)
      this.child.once('exit', (code) => fail(`sokuo ended with ${code}`))
      let text = ''
      this.child.stdout.on('data', (piece) => {
        text += piece
        const line = text.split('\n').find((l) => l.startsWith('READY ') && l.endsWith('}'))
        if (!line) return
        clearTimeout(timer)
        this.child.removeAllListeners('exit')
        resolve(JSON.parse(line.slice(6)))
      })
    })
    Object.assign(this, ready, { password: ready.password ?? this.password })
    return this
  }

  log() {
    return readFileSync(`${this.data}.log`, 'utf8').slice(-6000)
  }

  // A bearer token by the command line.
  token(login = this.login) {
    const out = execFileSync(binary, ['token', 'create', '--login', login, '--data', this.data], { encoding: 'utf8' })
    return out.trim().split('\n').at(-1)
  }

  // Calls sokuo.v1.<method> with JSON; throws with status and body when the answer is no 200.
  async call(method, message, token) {
    this.ownToken ??= this.token()
    const response = await fetch(`${this.url}/sokuo.v1.${method}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'connect-protocol-version': '1',
        authorization: `Bearer ${token ?? this.ownToken}`,
      },
      body: JSON.stringify(message),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${method}: ${response.status} ${text}`)
    return JSON.parse(text)
  }

  // Ends the server, keeps its data: start(port) goes on with it.
  async halt() {
    const ended = new Promise((resolve) => this.child.once('exit', resolve))
    this.child.kill('SIGTERM')
    const timer = setTimeout(() => this.child.kill('SIGKILL'), 20_000)
    const code = await ended
    clearTimeout(timer)
    return code
  }

  async stop() {
    const code = await this.halt()
    rmSync(this.data, { recursive: true, force: true })
    rmSync(`${this.data}.log`, { force: true })
    return code
  }
}

// Chromium as Debian ships it, without any attempt to reach the outside.
export async function launchChromium(playwright, options = {}) {
  return playwright.chromium.launch({
    ...options,
    executablePath: process.env.SOKUO_CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      ...(options.args ?? []),
    ],
  })
}
