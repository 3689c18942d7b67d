//! What a clerk asks for is what is held.
import { expect, test } from 'vitest';
import { asked, type Offer } from './basket';

const type = (id: string | undefined) => ({ id, name: id ?? '', description: '', total: { amount: 100, currency: 'EUR' } });
const seats: Offer = { key: 't', tier: 'stalls', name: 'Stalls', free: 9, types: [type('adult'), type('child')] };

test('seats of a price, by kind', () => {
  expect(asked(seats, [2, 1])).toEqual({ best_available: { quantity: 3, tier: 'stalls', ticket_types: [{ id: 'adult', quantity: 2 }, { id: 'child', quantity: 1 }] } });
  expect(asked({ ...seats, types: [type(undefined)] }, [2])).toEqual({ best_available: { quantity: 2, tier: 'stalls' } });
});
test('places of an area', () => {
  expect(asked({ ...seats, area: 'pit' }, [0, 4])).toEqual({ areas: [{ area: 'pit', quantity: 4, ticket_type: 'child' }] });
});
test('nothing is nothing', () => expect(asked(seats, [0, 0])).toBeUndefined());
