//! Puts an order aside for the service worker: the page, its pieces, the order and its tickets' codes. Nothing else of the
//! visitor's is ever kept.
const CACHE = 'usher-orders-1';
/** Marks a kept answer: good if nobody has better. */
const KEPT = 'x-kept';

async function put(cache: Cache, name: string, response: Response): Promise<void> {
  if (!response.ok) return;
  const headers = new Headers(response.headers);
  if (name.startsWith('/api/')) headers.set(KEPT, new Date().toISOString());
  headers.delete('content-encoding');
  await cache.put(name, new Response(await response.blob(), { headers }));
}

/** Keeps JSON answers and pictures under their addresses, and this page with all that it loaded. */
export async function keepOffline(answers: Map<string, unknown>, pictures: Map<string, string>): Promise<void> {
  if (!('caches' in window)) return;
  try {
    const cache = await caches.open(CACHE);
    for (const [name, answer] of answers) await put(cache, name, Response.json(answer));
    for (const [name, svg] of pictures) await put(cache, `${name}?svg`, new Response(svg, { headers: { 'content-type': 'image/svg+xml' } }));
    const loaded = performance.getEntriesByType('resource').map((entry) => new URL(entry.name));
    const ours = loaded.filter((url) => url.origin === location.origin && /^\/(assets\/|theme\.js|favicon\.svg)/.test(url.pathname));
    const page = await fetch(location.pathname);
    await put(cache, '/kept/page', page);
    for (const path of new Set(ours.map((url) => url.pathname))) {
      if (!(await cache.match(path))) await put(cache, path, await fetch(path));
    }
  } catch {
    // No room, or no cache in this window: it works with a network then.
  }
}
