//! The sum that a clerk is told before tickets are given back.
import { expect, test } from 'vitest';
import type { Schemas } from '../api/client';
import { goesBack } from './refund';

const eur = (amount: number) => ({ amount, currency: 'EUR' });
const place = (id: string) => ({ id, label: id, tier: 't', price: eur(1_200), fees: eur(100), discount: eur(200) });
const ticket = (id: string) => ({ id: `tkt_${id}`, showtime: 'sht_1', place: id });
const order = { total: eur(2_200), items: [{ showtime: 'sht_1', places: [place('A'), place('B')] }], tickets: [ticket('A'), ticket('B')] } as unknown as Schemas['Order'];

test.each([[['tkt_A'], false, 1_100], [['tkt_A'], true, 1_000], [['tkt_A', 'tkt_B'], false, 2_200], [[], false, 0]] as const)('%j, fees kept %s: %i', (tickets, keepFees, sum) => {
  expect(goesBack(order, tickets, keepFees)).toEqual(eur(sum));
});
