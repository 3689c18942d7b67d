//! The service worker: an order that was opened once opens without a network, at the door of a house with thick walls.
//! It only hands out what the order page put aside (see `pages/keep-offline`), and only when the network does not answer.
/// <reference lib="webworker" />
const worker = self as unknown as ServiceWorkerGlobalScope;
const CACHE = 'usher-orders-1';
/** A network that takes longer is none. */
const PATIENCE_MS = 5_000;

/** The name under which an address is kept; none if it never is. */
function nameOf(request: Request): string | undefined {
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== worker.location.origin) return undefined;
  if (request.mode === 'navigate') return /^\/[ot]\//.test(url.pathname) ? '/kept/page' : undefined;
  if (/^\/(assets\/|theme\.js|favicon\.svg)/.test(url.pathname)) return url.pathname;
  if (/^\/api\/v1\/(orders|tickets|showtimes|events|venues)\/[^/]+$/.test(url.pathname)) {
    return url.pathname + (request.headers.get('accept')?.includes('svg') ? '?svg' : '');
  }
  return undefined;
}

async function answer(request: Request, name: string): Promise<Response> {
  try {
    // A request to navigate cannot be made anew with a signal, so the clock runs beside it.
    const late = new Promise<never>((_, fail) => setTimeout(() => fail(new Error('late')), PATIENCE_MS));
    return await Promise.race([fetch(request), late]);
  } catch (error) {
    const kept = await (await caches.open(CACHE)).match(name);
    if (kept) return kept;
    throw error;
  }
}

worker.addEventListener('install', () => void worker.skipWaiting());
worker.addEventListener('activate', (event) => event.waitUntil(worker.clients.claim()));
worker.addEventListener('fetch', (event) => {
  const name = nameOf(event.request);
  if (name) event.respondWith(answer(event.request, name));
});
