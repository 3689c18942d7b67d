//! What an operator sees of the cluster: each node asked for itself, its figures, and what changed since one looked last.
import type { Schemas } from '../api/client';
import { credentials } from './session.svelte';
import type { StaffKey } from './words';

type Cluster = Schemas['Cluster'];
export type Figures = { sockets: number; requests: number };
/** A node's own word; nothing where it did not answer. */
export type Heard = { cluster?: Cluster; figures?: Figures; ms: number };
export type Change = { at: string; key: StaffKey; values: Record<string, string | number> };

const PATIENCE_MS = 2_000;

/** The figures that a page needs of the text that Prometheus reads. */
export function figuresOf(text: string): Figures {
  let [sockets, requests] = [0, 0];
  for (const line of text.split('\n')) {
    const value = Number(line.slice(line.lastIndexOf(' ') + 1)) || 0;
    if (line.startsWith('usher_live_sockets ')) sockets = value;
    else if (line.startsWith('usher_http_requests_total{')) requests += value;
  }
  return { sockets, requests };
}

/** Asks one node, and no other if it is silent. */
export async function ask(url: string): Promise<Heard> {
  const began = performance.now();
  const get = (path: string) => fetch(url.replace(/\/$/, '') + path, { headers: credentials(), signal: AbortSignal.timeout(PATIENCE_MS) });
  try {
    const [cluster, metrics] = await Promise.all([get('/api/v1/cluster'), get('/metrics')]);
    const ms = performance.now() - began;
    return { ms, ...(cluster.ok ? { cluster: (await cluster.json()) as Cluster } : {}), ...(metrics.ok ? { figures: figuresOf(await metrics.text()) } : {}) };
  } catch {
    return { ms: performance.now() - began };
  }
}

/** What a node is called: where it is found. */
export const nameOf = (node: { public_url: string; address: string }): string => node.public_url.replace(/^https?:\/\//, '').replace(/\/$/, '') || node.address;

/** What is different from one look to the next. `silent` are ids of nodes that did not answer. */
export function changes(before: Cluster, after: Cluster, silentBefore: ReadonlySet<string>, silentAfter: ReadonlySet<string>, at: string): Change[] {
  const found: Change[] = [];
  const say = (key: StaffKey, values: Change['values'] = {}) => found.push({ at, key, values });
  const named = (id: string) => {
    const node = [...after.nodes, ...before.nodes].find((one) => one.id === id);
    return node ? nameOf(node) : id;
  };
  if (before.leader !== after.leader) {
    if (after.leader) say('change.leader', { node: named(after.leader), term: String(after.term) });
    else say('change.no.leader');
  }
  for (const node of after.nodes) {
    const known = before.nodes.find((one) => one.id === node.id);
    if (!known) say('change.added', { node: named(node.id) });
    else if (!known.voter && node.voter) say('change.promoted', { node: named(node.id) });
    if (silentAfter.has(node.id) && !silentBefore.has(node.id)) say('change.silent', { node: named(node.id) });
    if (known && !silentAfter.has(node.id) && silentBefore.has(node.id)) say('change.answers', { node: named(node.id) });
  }
  for (const node of before.nodes) if (!after.nodes.some((one) => one.id === node.id)) say('change.removed', { node: named(node.id) });
  return found;
}
