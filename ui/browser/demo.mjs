//! A demo of three nodes with its payment company, for the scenarios: started from the binary, told its addresses, ended.
//! Also what staff do through the interface, so that a scenario finds the house that it needs.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

const PORT = Number(process.env.USHER_UI_PORT ?? 9380);
const STARTED_WITHIN_MS = 90_000;

export async function startDemo(port = PORT) {
  const binary = process.env.USHER_BIN ?? new URL('../../target/debug/usher', import.meta.url).pathname;
  const child = spawn(binary, ['demo', '--port', String(port)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const demo = { url: `http://127.0.0.1:${port}`, urls: [], pids: [], key: '', child, port };
  const late = setTimeout(() => child.kill('SIGINT'), STARTED_WITHIN_MS);
  await new Promise((ready, fail) => {
    child.on('exit', (code) => fail(new Error(`the demo ended with ${code}`)));
    createInterface({ input: child.stdout }).on('line', (line) => {
      const node = /^node \d+\s+(\S+)\s+pid (\d+)/.exec(line);
      if (node) {
        demo.urls.push(node[1]);
        demo.pids.push(Number(node[2]));
      }
      if (!demo.key) demo.key = /API key\s+(usk_\S+)/.exec(line)?.[1] ?? '';
      if (line.startsWith('Ready')) ready();
    });
  });
  clearTimeout(late);
  demo.stop = () => new Promise((done) => {
    child.removeAllListeners('exit');
    child.on('exit', done);
    child.kill('SIGINT');
  });
  return demo;
}

/** Asks the interface as staff; throws with the problem if it refuses. */
export async function api(demo, method, path, body, headers = {}) {
  const response = await fetch((headers.node ?? demo.url) + path, { method, headers: { authorization: `Bearer ${demo.key}`, 'content-type': 'application/json', ...headers.more }, body: body && JSON.stringify(body) });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return text ? JSON.parse(text) : undefined;
}

/** A showtime of the first organization, like one that is on sale, with what a scenario needs changed. */
export async function showtimeLike(demo, venue, change = {}) {
  const found = await api(demo, 'GET', '/api/v1/search?limit=100');
  const hit = found.items.flatMap((e) => e.showtimes.map((s) => ({ ...s, event: e.id, organization: e.organization }))).find((s) => s.venue_name === venue && s.state === 'on_sale');
  if (!hit) throw new Error(`nothing is on sale at ${venue}`);
  const of = await api(demo, 'GET', `/api/v1/showtimes/${hit.id}`);
  const starts = new Date(Date.now() + 40 * 86_400_000).toISOString();
  const { plan, price_tiers, fees, taxes, zone } = of;
  return api(demo, 'POST', `/api/v1/events/${hit.event}/showtimes`, { plan, price_tiers, ...(fees ? { fees } : {}), ...(taxes ? { taxes } : {}), zone, starts_at: starts, state: 'on_sale', ...change });
}

/** Waits until something holds; fails after a while with what it was. */
export async function until(what, holds, ms = 15_000) {
  const end = Date.now() + ms;
  let last;
  for (;;) {
    try {
      last = await holds();
      if (last) return last;
    } catch (error) {
      last = error;
    }
    if (Date.now() > end) throw new Error(`${what}: not within ${ms} ms (${last})`);
    await new Promise((go) => setTimeout(go, 100));
  }
}
