//! Codes and ids are told from anything else that a camera may see.
import { expect, test } from 'vitest';
import { scanOf } from './codes';

test.each([
  [' tkt_01ab \n', { ticket: 'tkt_01ab' }], ['TKT_01AB', { ticket: 'tkt_01ab' }], ['https://x.example/t/tkt_01ab#uht_1', { ticket: 'tkt_01ab' }],
  ['USHER1:6BFOX8 L$%*+-./:9Q', { code: 'USHER1:6BFOX8 L$%*+-./:9Q' }], [' USHER12: A1\n', { code: 'USHER12: A1' }], ['WIFI:S:foyer', undefined], ['', undefined], ['USHER1:', undefined], ['USHER1:abc', undefined], ['USHER1:A_B', undefined],
])('%s', (text, scan) => expect(scanOf(text)).toEqual(scan));
