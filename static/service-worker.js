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
  if (method === 'GET' && ours) event.respondWith(answer(event.request));
});

async function keepFirstPage() {
  const page = await (await fetch('/')).text();
  const parts = [...page.matchAll(PARTS)].map(([, address]) => address);
  const kept = await caches.open(KEPT);
  await kept.addAll(['/', ...parts]);
  await skipWaiting();
}

async function answer(request) {
  try {
    const response = await fetch(request);
    if (response.ok) await keep(request, response.clone());
    return response;
  } catch {
    return (await caches.match(request, { ignoreSearch: true, ignoreVary: true })) ?? Response.error();
  }
}

async function keep(request, response) {
  const kept = await caches.open(KEPT);
  await kept.put(request, response);
}
