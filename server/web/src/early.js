// SPDX-License-Identifier: Apache-2.0
// Runs while the client itself is still on the way: who is logged in, and my steps where they are what was asked for, are
// at the server by then. base/rpc.ts takes each answer once.
const asked = location.pathname.startsWith('/a/') ? [] : ['/sokuo.v1.AuthService/GetMe']
if (location.pathname.startsWith('/steps')) asked.push('/sokuo.v1.StepService/ListMySteps')

function language() {
  try {
    return localStorage.getItem('sokuo.lang')
  } catch {
    return null
  }
}

function ask(path) {
  const stop = new AbortController()
  setTimeout(() => stop.abort(), 15000)
  const answer = fetch(path, {
    method: 'POST',
    credentials: 'same-origin',
    headers: {
      'Content-Type': 'application/json',
      'Connect-Protocol-Version': '1',
      'Accept-Language': language() ?? navigator.language,
    },
    body: '{}',
    signal: stop.signal,
  })
  const early = { answer, arrivedAt: 0 }
  const note = () => {
    early.arrivedAt = Date.now()
  }
  answer.then(note, note)
  return early
}

globalThis.sokuoEarly = Object.fromEntries(asked.map((path) => [path, ask(path)]))
