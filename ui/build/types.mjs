//! Writes `src/api/types.ts` from the OpenAPI document of a running node: `npm run types -- URL`; with `--check` it only says
//! whether they agree.
import { readFileSync, writeFileSync } from 'node:fs';
import openapi, { astToString } from 'openapi-typescript';

const given = process.argv.slice(2);
const url = given.find((word) => !word.startsWith('--')) ?? 'http://127.0.0.1:8080';
const file = new URL('../src/api/types.ts', import.meta.url).pathname;
const document = await (await fetch(new URL('/api/v1/openapi.json', url))).json();
// Refusals are all alike (`src/api/problem.ts`), and headers are read by name: left out, the file is a fifth as long.
for (const operation of Object.values(document.paths).flatMap((methods) => Object.values(methods))) {
  for (const status of Object.keys(operation.responses ?? {})) {
    if (status.startsWith('2')) delete operation.responses[status].headers;
    else delete operation.responses[status];
  }
}
const text = `//! The interface as its OpenAPI document describes it. Made by \`npm run types\`: not to be changed by hand.\n\n${astToString(await openapi(document))}`;
if (!given.includes('--check')) {
  writeFileSync(file, text);
} else if (readFileSync(file, 'utf8') !== text) {
  console.error(`${file} is not what ${url} says: npm run types -- ${url}`);
  process.exit(1);
}
