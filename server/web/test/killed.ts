// SPDX-License-Identifier: Apache-2.0
// A browser that is killed at the n-th thing its page asks of the device or the network: that is then not done, what was
// not committed is undone, and nothing of the page happens any more. Importing it takes hold of the pretended IndexedDB.
interface Page {
  dead: boolean
  left: number
  asked: number
  open: Set<IDBTransaction>
  killed(): void
}

const fresh = (): Page => ({
  dead: false,
  left: Number.POSITIVE_INFINITY,
  asked: 0,
  open: new Set(),
  killed: () => undefined,
})
let page = fresh()
const pages = new WeakMap<IDBDatabase, Page>()

// From here on another page runs.
export function freshPage(): void {
  page = fresh()
}

// Kills the page when it asks for the thing after n others, counted from now; resolves when that has happened.
export function killAfter(n: number): Promise<void> {
  page.asked = 0
  page.left = n
  return new Promise((resolve) => {
    page.killed = resolve
  })
}

// What the page that runs has asked for until now.
export const asked = () => page.asked

function kill(of: Page): void {
  of.dead = true
  for (const tx of of.open) {
    try {
      tx.abort()
    } catch {
      // It is over.
    }
  }
  of.killed()
}

// Whether what the page asks for is done.
function goesOn(of: Page): boolean {
  if (!of.dead && of.asked >= of.left) kill(of)
  if (!of.dead) of.asked++
  return !of.dead
}

function ownerOf(db: IDBDatabase): Page {
  if (!pages.has(db)) pages.set(db, page)
  return pages.get(db)!
}

// A dead page hears nothing.
function deafened<T extends EventTarget>(target: T, of: Page): T {
  for (const name of ['success', 'error', 'abort', 'complete'])
    target.addEventListener(name, (event) => of.dead && event.stopImmediatePropagation())
  return target
}

const databases = IDBDatabase.prototype
const realTransaction = databases.transaction
databases.transaction = function (...args) {
  const of = ownerOf(this)
  const tx = deafened(realTransaction.apply(this, args), of)
  of.open.add(tx)
  for (const end of ['complete', 'abort']) tx.addEventListener(end, () => of.open.delete(tx))
  return tx
}

type Method = (...args: unknown[]) => IDBRequest
const stores = IDBObjectStore.prototype as unknown as Record<string, Method>
for (const name of ['get', 'getAll', 'put', 'delete', 'clear']) {
  const real = stores[name]!
  stores[name] = function (this: IDBObjectStore, ...args) {
    const of = ownerOf(this.transaction.db)
    return goesOn(of) ? deafened(real.apply(this, args), of) : new IDBRequest()
  }
}

const never = new Promise<never>(() => undefined)

// A fetch: the page may die before the request arrives, and before the answer does.
export function network(answer: (method: string, request: never) => unknown): typeof fetch {
  return (async (path: string, init: RequestInit) => {
    const of = page
    if (!goesOn(of)) return never
    const body = JSON.stringify(answer(path.replace('/sokuo.v1.', ''), JSON.parse(String(init.body)) as never) ?? {})
    await Promise.resolve()
    return goesOn(of) ? new Response(body, { status: 200 }) : never
  }) as unknown as typeof fetch
}
