// SPDX-License-Identifier: Apache-2.0
// Runs while the client itself is still on the way: what lies on the device is read and opened; who is logged in, and my
// steps where they are what was asked for, are at the server by then. base/db.ts and base/rpc.ts take each of it once.

async function unsealed({ iv, data, open }, key) {
  const bytes = open ?? (await crypto.subtle.decrypt({ name: 'AES-GCM', iv }, key, data))
  return JSON.parse(new TextDecoder().decode(bytes))
}

// Who was here last, their lists and their queue; opened: what each sealed body of theirs holds.
async function look(db, { me, heardAt, lists, queue, listsKey, queueKey }) {
  const opened = new Map()
  const open = (rows, key) => rows.filter((row) => row.accountId === me?.accountId).map(({ body }) => put(body, key))
  const put = async (body, key) => opened.set(body, await unsealed(body, key).catch(() => undefined))
  await Promise.all([...open(lists, listsKey), ...open(queue, queueKey)])
  return { db, opened, read: me ? { me, heardAt, lists, queue } : {} }
}

// In one transaction. null: nothing is there yet, or not in this version; base/db.ts makes it.
function device() {
  return new Promise((resolve) => {
    const opening = indexedDB.open('sokuo', 2)
    opening.onupgradeneeded = () => opening.transaction.abort()
    opening.onerror = () => resolve(null)
    opening.onsuccess = () => {
      const db = opening.result
      const tx = db.transaction(['facts', 'keys', 'lists', 'queue'])
      const get = (store, key) => tx.objectStore(store).get(key)
      const requests = {
        me: get('facts', 'me'),
        heardAt: get('facts', 'heardAt'),
        listsKey: get('keys', 'lists'),
        queueKey: get('keys', 'queue'),
        lists: tx.objectStore('lists').getAll(),
        queue: tx.objectStore('queue').getAll(),
      }
      const results = () => Object.fromEntries(Object.entries(requests).map(([name, one]) => [name, one.result]))
      tx.oncomplete = () => resolve(look(db, results()))
      tx.onabort = () => resolve({ db, opened: new Map(), read: {} })
    }
  })
}

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

// The page behind a one-time link asks by itself, and keeps nothing.
if (!location.pathname.startsWith('/a/')) {
  globalThis.sokuoDevice = device().catch(() => null)
  const asked = navigator.onLine ? ['/sokuo.v1.AuthService/GetMe'] : []
  if (navigator.onLine && location.pathname.startsWith('/steps')) asked.push('/sokuo.v1.StepService/ListMySteps')
  globalThis.sokuoEarly = Object.fromEntries(asked.map((path) => [path, ask(path)]))
}
