//! The house is read from the plan as it is: rows that the plan splits are one, tiers go by price, neighbours are found.
import { beforeEach, expect, test } from 'vitest';
import type { Schemas } from '../api/client';
import { areaLine, places, seatLine, total, wanted } from './cart';
import { GridIndex } from './grid-index';
import { FREE, House, hull, SOLD, tiersOf, WHEELCHAIR } from './house';

const eur = (amount: number) => ({ amount, currency: 'EUR' });
const showtime = {
  price_tiers: [
    { id: 'cheap', name: 'Cheap', categories: ['B'] },
    { id: 'dear', name: 'Dear', categories: ['A'], ticket_types: [{ id: 'adult', name: 'Adult', price: eur(4000) }, { id: 'child', name: 'Child', price: eur(2000) }] },
  ],
  prices: [
    { tier: 'cheap', from: eur(1100), to: eur(1100), ticket_types: [{ price: eur(1000), total: eur(1100) }] },
    { tier: 'dear', from: eur(2200), to: eur(4400), ticket_types: [{ ticket_type: 'adult', price: eur(4000), total: eur(4400) }, { ticket_type: 'child', price: eur(2000), total: eur(2200) }] },
  ],
} as unknown as Schemas['Showtime'];
const place = (id: string, row: number, x: number, y: number, category: number, attributes: string[] = []) => ({ id, label: id, number: id.slice(-1), row, x, y, category, attributes });
const geometry = {
  name: 'House', size: { x: 100, y: 100 }, focal_point: { x: 50, y: 0 },
  categories: [{ name: 'A', color: '#000000' }, { name: 'B', color: '#000000' }],
  sections: [{ id: 's', name: 'Stalls' }, { id: 'f', name: 'Floor' }],
  rows: [{ section: 0, label: '1', first: 0, len: 2 }, { section: 0, label: '1', first: 2, len: 2 }, { section: 0, label: '2', first: 4, len: 1 }],
  places: [place('1-1', 0, 0, 0, 0), place('1-2', 0, 10, 0, 0), place('1-4', 1, 40, 0, 0), place('1-3', 1, 30, 0, 0), place('2-1', 2, 0, 10, 1, ['wheelchair'])],
  areas: [{ id: 'GA', name: 'Standing', section: 1, category: 1, capacity: 50, shape: { shape: 'rectangle', position: { x: 0, y: 20 }, rectangle: { width: 40, height: 20 } } }, { id: 'stage', name: 'stage', section: 0, category: null, capacity: 0, shape: { shape: 'circle', position: { x: 50, y: -20 }, circle: { radius: 10 } } }],
  runs: [[0, 2], [2, 2], [4, 1]],
} as unknown as Schemas['Geometry'];
let house: House;
beforeEach(() => {
  house = new House(geometry, tiersOf(showtime), showtime);
  house.states.fill(FREE);
  house.areaFree[0] = 50;
});

test('the dearest tier comes first, and places have theirs', () => {
  expect(house.tiers.map((t) => t.id)).toEqual(['dear', 'cheap']);
  expect([...house.tier]).toEqual([0, 0, 0, 0, 1]);
  expect(house.attributes[4]).toBe(WHEELCHAIR);
});

test('a row that the plan splits is one row, in the order of its seats', () => {
  expect(house.sections[0]?.rows.map((r) => [r.label, r.seats])).toEqual([['1', [0, 1, 3, 2]], ['2', [4]]]);
  expect(house.pitch).toBe(10);
});

test('free places are counted as far as they are shown', () => {
  house.states[0] = SOLD;
  house.recount(() => true);
  expect([...house.freeInSection]).toEqual([4, 50]);
  house.recount((tier) => tier === 0);
  expect([...house.freeInSection]).toEqual([3, 0]);
});

test('bounds hold everything that is drawn', () => expect(house.bounds).toEqual([-10, -30, 60, 40]));

test('a cart adds up and says what it wants', () => {
  const child = house.tiers[0]?.types[1];
  const seats = [0, 4].map((i) => seatLine(house, i)).filter((l) => l !== undefined);
  if (seats[0] && child) seats[0].type = child;
  const area = areaLine(house, 0, 3);
  const lines = [...seats, ...(area ? [area] : [])];
  expect([places(lines), total(lines)]).toEqual([5, eur(2200 + 1100 + 3 * 1100)]);
  expect(wanted(house, lines, 'X')).toEqual({ places: [{ id: '1-1', ticket_type: 'child' }, '2-1'], areas: [{ area: 'GA', quantity: 3 }], voucher: 'X' });
  expect(total([])).toBeUndefined();
});

test('the nearest seat is found, and none where there is none', () => {
  const index = new GridIndex(house.x, house.y, house.bounds, 15);
  expect([index.nearest(9, 1, 5), index.nearest(29, 3, 5), index.nearest(55, 35, 8)]).toEqual([1, 3, -1]);
  const found: number[] = [];
  index.within(-100, -100, 200, 200, found);
  expect(found.sort()).toEqual([0, 1, 2, 3, 4]);
});

test('an outline holds its points', () => expect(hull([[0, 0], [4, 0], [2, 2], [4, 4], [0, 4]])).toEqual([[0, 0], [4, 0], [4, 4], [0, 4]]));
