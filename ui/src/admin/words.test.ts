//! Every language says to staff what English says, with the same values in it.
import { expect, test } from 'vitest';
import de from './words/staff-de.json';
import en from './words/staff-en.json';
import tr from './words/staff-tr.json';

const values = (text: string) => [...new Set([...text.matchAll(/\{(\w+)\}/g)].map((m) => m[1]))].sort();

test.each([['de', de], ['tr', tr]])('%s says all that English says', (_, words) => {
  expect(Object.keys(words).sort()).toEqual(Object.keys(en).sort());
  for (const [key, text] of Object.entries(en)) expect([key, values((words as Record<string, string>)[key] ?? '')]).toEqual([key, values(text)]);
});
