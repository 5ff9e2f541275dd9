/**
 * Owns what the browser keeps for when the server is away: the pages as they were last seen, and what they are made of.
 * The server always comes first, and pictures and answers are never kept.
 */

const KEPT = 'digits';
const PARTS = /(?:href|src)="(\/static\/[^"]+)"/g;

addEventListener('install', (event) => event.waitUntil(keepFirstPage()));
addEventListener('fetch', (event) => {
  const { method, mode, url } = event.request;
  const ours = mode === 'navigate' || new URL(url).pathname.startsWith('/static/');
  if (method === 'GET' && ours) event.respondWith(answer(event));
});

/** The parts have just been loaded by the page itself, so they come from the browser's own cache. */
async function keepFirstPage() {
  const page = await fetch('/');
  const parts = [...(await page.clone().text()).matchAll(PARTS)].map(([, address]) => address);
  const kept = await caches.open(KEPT);
  await kept.put('/', page);
  await kept.addAll(parts.map((address) => new Request(address, { cache: 'force-cache' })));
  await skipWaiting();
}

async function answer(event) {
  const { request } = event;
  try {
    const response = await fetch(request);
    if (response.ok) event.waitUntil(keep(request, response.clone()));
    return response;
  } catch {
    return (await caches.match(request, { ignoreSearch: true, ignoreVary: true })) ?? Response.error();
  }
}

async function keep(request, response) {
  const kept = await caches.open(KEPT);
  await kept.put(request, response);
}
