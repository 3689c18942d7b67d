//! The countdown follows the cluster's clock, whatever the visitor's says.
import { expect, test } from 'vitest';
import { minutes, Skew } from './clock';

test('a clock three hours off counts as every other', () => {
  let browser = Date.parse('2026-11-23T15:00:00Z');
  const skew = new Skew(() => browser);
  skew.learn('2026-11-23T12:00:00Z');
  expect(skew.until('2026-11-23T12:05:00Z')).toBe(300_000);
  browser += 60_000;
  expect(skew.until('2026-11-23T12:05:00Z')).toBe(240_000);
});

test('a laptop that slept wakes to what is left, and never to less than nothing', () => {
  let browser = Date.parse('2026-11-23T12:00:00Z');
  const skew = new Skew(() => browser);
  skew.learn('2026-11-23T12:00:00Z');
  browser += 3_600_000;
  expect(skew.until('2026-11-23T12:05:00Z')).toBe(0);
});

test('nonsense teaches nothing', () => {
  const skew = new Skew(() => 0);
  skew.learn('soon');
  skew.learn(undefined);
  expect(skew.until('1970-01-01T00:00:01Z')).toBe(1_000);
});

test('minutes and seconds', () => {
  expect([minutes(300_000), minutes(61_001), minutes(999), minutes(0)]).toEqual(['5:00', '1:02', '0:01', '0:00']);
});
