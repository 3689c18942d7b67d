//! Holds the budgets of README.md: bytes packed with brotli, by what a page loads. Fails above one.
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const dist = new URL('../dist', import.meta.url).pathname;
const manifest = new Map();
for (const name of readdirSync(join(dist, 'assets'))) {
  if (!name.endsWith('.br')) manifest.set(name, size(join(dist, 'assets', name)));
}
function size(file) {
  try {
    return statSync(`${file}.br`).size;
  } catch {
    return statSync(file).size;
  }
}
const text = (name) => readFileSync(join(dist, 'assets', name), 'utf8');
/** A chunk and all that it imports without being asked. */
function closure(name, found = new Set()) {
  if (found.has(name) || !manifest.has(name)) return found;
  found.add(name);
  // The module's own imports stand at its beginning; `import("…")` is asked for later.
  for (const [, other] of text(name).matchAll(/(?:from|import)"\.\/([\w-]+\.js)"/g)) closure(other, found);
  return found;
}
const chunk = (prefix) => [...manifest.keys()].find((name) => name.startsWith(`${prefix}-`) && name.endsWith('.js'));
const entry = /src="\/assets\/([\w-]+\.js)"/.exec(readFileSync(join(dist, 'index.html'), 'utf8'))[1];
const total = (names) => [...names].reduce((sum, name) => sum + manifest.get(name), 0);
const first = new Set([...closure(entry), ...closure(chunk('Browse'))]);
const extra = (prefix) => total([...closure(chunk(prefix))].filter((name) => !first.has(name)));
const all = readdirSync(dist, { recursive: true, withFileTypes: true }).filter((e) => e.isFile());
const whole = all.filter((e) => !e.name.endsWith('.br')).reduce((sum, e) => sum + statSync(join(e.parentPath, e.name)).size, 0);
const KIB = 1024;
/** Pages that buyers never load. */
const STAFF = ['Admin', 'Today', 'Counts', 'SignIn', 'House', 'Sale', 'Orders', 'OrderOf', 'Door', 'Cluster', 'Confirm'];
const rows = [
  ['first route, scripts', total(first), 35 * KIB],
  ['words of a language', Math.max(...['de', 'en', 'tr'].map((l) => (chunk(l) ? manifest.get(chunk(l)) : 0))), 6 * KIB],
  ['seat map, more', extra('Seats'), 20 * KIB],
  ['checkout, more', extra('Checkout'), 8 * KIB],
  ['order, more', extra('Order'), 8 * KIB],
  ['styles', total([...manifest.keys()].filter((name) => name.endsWith('.css') && !STAFF.some((page) => name.startsWith(`${page}-`)))), 12 * KIB],
  ['staff, first route', total(new Set([...closure(entry), ...closure(chunk('Admin')), ...closure(chunk('Today'))])), 60 * KIB],
  ['staff, words', Math.max(...['de', 'en', 'tr'].map((l) => manifest.get(chunk(`staff-${l}`)))), 8 * KIB],
  ['page', statSync(join(dist, 'index.html')).size, 4 * KIB],
  ['all, unpacked', whole, 2.5 * KIB * KIB],
];
let over = 0;
for (const [what, bytes, most] of rows) {
  const bad = bytes > most;
  over += bad ? 1 : 0;
  console.log(`${bad ? 'OVER ' : '     '}${what.padEnd(22)} ${(bytes / KIB).toFixed(1).padStart(7)} KiB of ${(most / KIB).toFixed(0)}`);
}
process.exit(over ? 1 : 0);
