//! Codes and ids are told from anything else that a camera may see.
import { expect, test } from 'vitest';
import { scanOf } from './codes';

test.each([
  [' tkt_01ab \n', { ticket: 'tkt_01ab' }], ['TKT_01AB', { ticket: 'tkt_01ab' }], ['https://x.example/t/tkt_01ab#uht_1', { ticket: 'tkt_01ab' }],
  ['USHER1:AbC_-=', { code: 'USHER1:AbC_-=' }], ['WIFI:S:foyer', undefined], ['', undefined], ['USHER1: a b', undefined],
])('%s', (text, scan) => expect(scanOf(text)).toEqual(scan));
