// SPDX-License-Identifier: Apache-2.0
// Lets the phone open the client at once and without a network: the page and its assets from the cache, as they were
// installed together; a new version is another cache. Answers of the server are never kept: they hold personal data.
const CACHE = 'sokuo-__VERSION__'
const FILES = ['__FILES__']
const PAGE = '/'
const inCache = (request) => caches.match(request, { cacheName: CACHE })
// Asked for before the browser says what it wants: a phone that starts has nothing else to do.
const page = inCache(PAGE)

self.addEventListener('install', (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll([PAGE, ...FILES])))
  self.skipWaiting()
})

self.addEventListener('activate', (event) => {
  const old = (names) => names.filter((name) => name.startsWith('sokuo-') && name !== CACHE)
  const forget = caches.keys().then((names) => Promise.all(old(names).map((name) => caches.delete(name))))
  event.waitUntil(forget.then(() => self.clients.claim()))
})

// The worker that was just installed found nothing when it began.
async function open(request) {
  return (await page)?.clone() ?? (await inCache(PAGE)) ?? fetch(request)
}

self.addEventListener('fetch', (event) => {
  const { request } = event
  const url = new URL(request.url)
  if (request.method !== 'GET' || url.origin !== self.location.origin) return
  if (request.mode === 'navigate') event.respondWith(open(request))
  else if (url.pathname.startsWith('/assets/')) {
    event.respondWith(inCache(request).then((hit) => hit ?? fetch(request)))
  }
})

// A push says no more than the message's class allows; what it is about is read in the client.
self.addEventListener('push', (event) => {
  let said = {}
  try {
    said = event.data?.json() ?? {}
  } catch {
    said = { body: event.data?.text() }
  }
  const { title = '即応', body = '', url = '/orders', tag = url } = said
  const options = { body, tag, renotify: true, requireInteraction: true, icon: '/icon-192.png', data: { url } }
  event.waitUntil(self.registration.showNotification(title, options))
})

// Only addresses of ours are opened; a window that is there is used.
self.addEventListener('notificationclick', (event) => {
  event.notification.close()
  const to = new URL(event.notification.data?.url ?? '/orders', self.location.origin)
  if (to.origin !== self.location.origin) return
  const show = async () => {
    const [window] = await self.clients.matchAll({ type: 'window' })
    if (!window) return self.clients.openWindow(to.href)
    await window.navigate(to.href).catch(() => undefined)
    return window.focus()
  }
  event.waitUntil(show())
})
