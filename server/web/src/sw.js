// SPDX-License-Identifier: Apache-2.0
// Lets the phone open the client at once and without a network: the page and its assets from the cache, as they were
// installed together; a new version is another cache. Answers of the server are never kept: they hold personal data.
const CACHE = 'sokuo-__VERSION__'
const FILES = ['__FILES__']
const PAGE = '/'

self.addEventListener('install', (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll([PAGE, ...FILES])))
  self.skipWaiting()
})

self.addEventListener('activate', (event) => {
  const old = (names) => names.filter((name) => name.startsWith('sokuo-') && name !== CACHE)
  const forget = caches.keys().then((names) => Promise.all(old(names).map((name) => caches.delete(name))))
  event.waitUntil(forget.then(() => self.clients.claim()))
})

async function page(request) {
  const cache = await caches.open(CACHE)
  return (await cache.match(PAGE)) ?? fetch(request)
}

self.addEventListener('fetch', (event) => {
  const { request } = event
  const url = new URL(request.url)
  if (request.method !== 'GET' || url.origin !== self.location.origin) return
  if (request.mode === 'navigate') event.respondWith(page(request))
  else if (url.pathname.startsWith('/assets/')) {
    event.respondWith(caches.match(request).then((hit) => hit ?? fetch(request)))
  }
})
