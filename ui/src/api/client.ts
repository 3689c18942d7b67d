//! Asks the cluster: the first answers from the page itself, all others from a node, and from another one if that does not
//! answer. A request that changes something carries one key through all its repeats, so that it happens once.
import createClient from 'openapi-fetch';
import { Refused, read } from './problem';
import type { components, paths } from './types';

export type Schemas = components['schemas'];

const meta = (name: string): string[] => (document.querySelector<HTMLMetaElement>(`meta[name="usher-${name}"]`)?.content ?? '').split(' ').filter(Boolean);

/** Addresses of the nodes, this page's own first. */
export const nodes: string[] = [location.origin, ...meta('nodes').filter((url) => url !== location.origin)];
/** What the payment provider is called; none if nothing can be paid here. */
export const paymentMethod: string | undefined = meta('payment')[0];

/** How long a node may take before another is asked. */
const PATIENCE_MS = 8_000;
/** Rounds through all nodes while no leader is elected, and the pause between them: an election takes about a second. */
const ROUNDS = 5;
const PAUSE_MS = 700;
/** Nobody is kept waiting longer: a cluster without a majority takes 5 s to say so, each time. */
const GIVE_UP_MS = 12_000;

const boot = new Map<string, unknown>();
try {
  for (const [address, answer] of Object.entries(JSON.parse(document.getElementById('boot')?.textContent || '{}') as object)) boot.set(address, answer);
} catch {
  // A page without answers asks for them.
}

/** The node that answered last. */
let current = 0;
/** The highest log index seen: a later answer, by whichever node, is never older. */
let seen = 0;

const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));

async function attempt(node: string, path: string, request: Request, body: string | undefined): Promise<Response> {
  const headers = new Headers(request.headers);
  // Beyond its own node: what was done a moment ago through one must be seen through the next.
  if (seen && request.method === 'GET' && node !== location.origin) headers.set('x-min-log-index', String(seen));
  const cut = AbortSignal.timeout(PATIENCE_MS);
  const signal = request.signal ? AbortSignal.any([request.signal, cut]) : cut;
  return globalThis.fetch(node + path, { method: request.method, headers, body, signal, credentials: 'same-origin' });
}

/** What another node, or the same in a moment, may answer better. */
const again = (response: Response): boolean => response.status === 503 || response.status === 504 || response.status === 502;

async function ask(request: Request): Promise<Response> {
  const url = new URL(request.url);
  const path = url.pathname + url.search;
  if (request.method === 'GET' && boot.has(path)) {
    const answer = boot.get(path);
    boot.delete(path);
    return Response.json(answer);
  }
  const reads = request.method === 'GET';
  const began = performance.now();
  const late = () => performance.now() - began > GIVE_UP_MS;
  const body = reads ? undefined : await request.text();
  let last: Response | undefined;
  for (let round = 0; round < ROUNDS; round++) {
    for (let i = 0; i < nodes.length && !(last && late()); i++) {
      const at = (current + i) % nodes.length;
      try {
        const response = await attempt(nodes[at] as string, path, request, body || undefined);
        // The service worker's copy: good if nobody has better.
        if (response.headers.has('x-kept')) {
          last ??= response;
          continue;
        }
        if (!again(response)) {
          current = at;
          seen = Math.max(seen, Number(response.headers.get('x-log-index')) || 0);
          return response;
        }
        last = response;
      } catch (error) {
        if (request.signal?.aborted) throw error;
      }
    }
    // A read is not worth waiting long for: the page says what is wrong and offers to try again.
    if (!navigator.onLine || last?.headers.has('x-kept') || (reads && round >= 1) || late()) break;
    if (round < ROUNDS - 1) await pause(PAUSE_MS);
  }
  if (last) return last;
  throw new Refused({ code: navigator.onLine ? 'unreachable' : 'offline', status: 0 });
}

export const client = createClient<paths>({ baseUrl: location.origin, fetch: ask });
client.use({
  onRequest({ request }) {
    if (request.method !== 'GET' && !request.headers.has('idempotency-key')) request.headers.set('idempotency-key', crypto.randomUUID());
    return request;
  },
});

type Answer<T> = { data?: T; error?: unknown; response: Response };

/** The answer's content; throws [`Refused`] if it is a refusal. */
export async function given<T>(answer: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await answer;
  if (!response.ok) throw read(error, response.status);
  return data as T;
}

/** The same for what is not JSON. */
export async function bytes(path: string, headers: Record<string, string>, signal?: AbortSignal): Promise<Response> {
  const response = await ask(new Request(location.origin + path, { headers, signal: signal ?? null }));
  if (!response.ok) throw read(await response.json().catch(() => undefined), response.status);
  return response;
}

/** The node that live sockets go to, after so many failures. */
export const socketNode = (failures: number): string => (nodes[(current + failures) % nodes.length] as string).replace(/^http/, 'ws');
