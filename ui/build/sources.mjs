//! A hash of what the UI is built of: of each file in the order of its path its path, a zero and its content's hash.
//! `api/src/ui/files.rs` reckons the same, so that a program with an old UI in it is noticed.
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';

const SOURCES = ['build', 'index.html', 'package-lock.json', 'package.json', 'public', 'src', 'vite.config.ts'];

const collect = (at) => (statSync(at).isDirectory() ? readdirSync(at).flatMap((name) => collect(join(at, name))) : [at]);

export function sources(root) {
  const files = SOURCES.flatMap((name) => collect(join(root, name)));
  const all = createHash('sha256');
  for (const [name, file] of files.map((file) => [relative(root, file), file]).sort(([a], [b]) => (a < b ? -1 : 1))) {
    all.update(name).update('\0').update(createHash('sha256').update(readFileSync(file)).digest());
  }
  return all.digest('hex');
}
