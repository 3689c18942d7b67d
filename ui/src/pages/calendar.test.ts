//! The calendar's entry is one that calendars read.
import { expect, test } from 'vitest';
import { calendar } from './calendar';

const entry = { order: 'ord_1', title: 'Winter; a tale, \\ told', starts: '2026-12-01T19:00:00.000Z', ends: undefined, place: 'Theater am Ufer, Wien', text: `A\n${'ä'.repeat(60)}`, url: 'https://x/o/ord_1' };

test('its name stays the same and its times are in UTC', () => {
  const text = calendar(entry, '2026-11-23T12:00:00.000Z');
  expect(text).toContain('UID:ord_1@usher\r\n');
  expect(text).toContain('DTSTART:20261201T190000Z\r\nDTEND:20261201T210000Z\r\n');
});

test('texts are escaped, and lines folded between characters', () => {
  const text = calendar(entry, '2026-11-23T12:00:00.000Z');
  expect(text).toContain('SUMMARY:Winter\\; a tale\\, \\\\ told\r\n');
  for (const line of text.split('\r\n')) expect(new TextEncoder().encode(line).length).toBeLessThanOrEqual(75);
  expect(text.replaceAll('\r\n ', '')).toContain(`DESCRIPTION:A\\n${'ä'.repeat(60)}\r\n`);
});
