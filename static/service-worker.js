/**
 * Owns what the browser keeps for when the server cannot be reached: the pages as they were last seen, and their parts; in
 * place of a page that was never seen comes the one to write on.
 * The server always comes first, and pictures and answers are never kept.
 */

const CACHE = 'digits-3'; // a new name whenever files move: what an older service worker kept is then deleted
/** What works without the server, though the page loads it only when it is wanted. */
const LATER = ['gallery', 'svg', 'zip'].map((name) => `/static/drawing/${name}.js`);
const PARTS = /(?:href|src)="(\/static\/[^"]+)"/g;

const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (globalThis));

worker.addEventListener('install', (event) => event.waitUntil(keepFirstPage()));
worker.addEventListener('activate', (event) => event.waitUntil(deleteOlder()));
worker.addEventListener('fetch', (event) => {
  const { method, mode, url } = event.request;
  const ours = mode === 'navigate' || new URL(url).pathname.startsWith('/static/');
  if (method === 'GET' && ours) event.respondWith(answer(event));
});

/** The page itself has just loaded its parts, so they come from the browser's own cache. */
async function keepFirstPage() {
  const page = await fetch('/');
  const parts = [...(await page.clone().text()).matchAll(PARTS)].map(([, address]) => address);
  const cache = await caches.open(CACHE);
  await cache.put('/', page);
  await cache.addAll([...parts, ...LATER].map((address) => new Request(address, { cache: 'force-cache' })));
  await worker.skipWaiting();
}

async function deleteOlder() {
  const older = (await caches.keys()).filter((name) => name !== CACHE);
  await Promise.all(older.map((name) => caches.delete(name)));
  await worker.clients.claim();
}

/** @param {FetchEvent} event */
async function answer(event) {
  const { request } = event;
  try {
    const response = await fetch(request);
    if (response.ok) event.waitUntil(keep(request, response.clone()));
    return response;
  } catch {
    const page = request.mode === 'navigate' ? await caches.match('/', { ignoreVary: true }) : null;
    return (await caches.match(request, { ignoreSearch: true, ignoreVary: true })) ?? page ?? Response.error();
  }
}

/** @param {Request} request @param {Response} response */
async function keep(request, response) {
  const cache = await caches.open(CACHE);
  await cache.put(request, response);
}
