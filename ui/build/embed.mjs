//! After the build: packs each file with brotli where that is shorter, and writes down what it was built of.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';
import { sources } from './sources.mjs';

const root = new URL('..', import.meta.url).pathname;
const dist = join(root, 'dist');
writeFileSync(join(dist, 'sources.txt'), `${sources(root)}\n`);
for (const entry of readdirSync(dist, { recursive: true, withFileTypes: true })) {
  const file = join(entry.parentPath, entry.name);
  // The page is filled in by the server before it is sent.
  if (!entry.isFile() || entry.name === 'index.html' || file.endsWith('.br')) continue;
  const bytes = readFileSync(file);
  const packed = brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } });
  if (packed.length < bytes.length * 0.95) writeFileSync(`${file}.br`, packed);
}
