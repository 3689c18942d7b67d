//! Every language says everything, with the same values in it; money and dates are written as each has them.
import { expect, test } from 'vitest';
import { date, dayKey, money, sum } from './format';
import de from './de.json';
import en from './en.json';
import tr from './tr.json';
import { loadWords, say } from './words.svelte';

const values = (text: string) => [...new Set([...text.matchAll(/\{(\w+)\}/g)].map((m) => m[1]))].sort();

test.each([['de', de], ['tr', tr]])('%s says all that English says', (_, words) => {
  expect(Object.keys(words).sort()).toEqual(Object.keys(en).sort());
  for (const [key, text] of Object.entries(en)) expect([key, values((words as Record<string, string>)[key] ?? '')]).toEqual([key, values(text)]);
  for (const text of Object.values(words)) expect(text.trim().length).toBeGreaterThan(0);
});

test('counts have their form', async () => {
  await loadWords('en');
  expect([say('found', { n: 1 }), say('found', { n: 1_200 })]).toEqual(['1 event', '1,200 events']);
  await loadWords('de');
  expect(say('found', { n: 1_200 })).toBe('1.200 Veranstaltungen');
});

test('money has its currency’s digits', async () => {
  await loadWords('en');
  expect([money({ amount: 4_505, currency: 'EUR' }), money({ amount: 900, currency: 'JPY' }), money({ amount: 1_234, currency: 'KWD' }), money({ amount: 4_500, currency: 'EUR' }, true)]).toEqual(['€45.05', '¥900', 'KWD\u00a01.234', '€45']);
  expect(sum([{ amount: 1, currency: 'EUR' }, { amount: 2, currency: 'EUR' }], 'EUR').amount).toBe(3);
});

test('dates are in the venue’s time, across the change of clocks', async () => {
  await loadWords('en');
  expect([dayKey('2026-10-24T23:30:00Z', 'Europe/Vienna'), date('2026-10-25T00:30:00Z', 'Europe/Vienna', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }), date('2026-10-25T01:30:00Z', 'Europe/Vienna', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })]).toEqual(['2026-10-25', '02:30', '02:30']);
});
