//! What a clerk may ask for at the desk, and the request that holds it. Pure; the page shows it.
import type { House, TicketType } from '../seats/house';

/** The best seats of a price, or places of an area; with its kinds of ticket. */
export type Offer = { key: string; tier: string; name: string; area?: string; free: number; types: TicketType[] };

/** All of a house, as long as its states stay the same. */
export function offersOf(house: House): Offer[] {
  const seats = new Map<number, { all: number; free: number }>();
  for (let i = 0; i < house.count; i++) {
    const tier = house.tier[i] as number;
    const of = seats.get(tier) ?? { all: 0, free: 0 };
    of.all += 1;
    of.free += house.states[i] === 0 ? 1 : 0;
    seats.set(tier, of);
  }
  const best = house.tiers.flatMap((tier, at): Offer[] => {
    const of = seats.get(at);
    return of ? [{ key: `t${tier.id}`, tier: tier.id, name: tier.name, free: of.free, types: tier.types }] : [];
  });
  const areas = house.areas.flatMap((area): Offer[] => {
    const tier = house.tiers[area.tier];
    return tier ? [{ key: `a${area.id}`, tier: tier.id, name: area.name, area: area.id, free: house.areaFree[area.index] ?? 0, types: tier.types }] : [];
  });
  return [...best, ...areas];
}

/** The body that holds so many of each kind; nothing if none is asked for. */
export function asked(offer: Offer, counts: readonly number[]) {
  const wanted = offer.types.map((type, i) => ({ id: type.id, quantity: counts[i] ?? 0 })).filter((one) => one.quantity > 0);
  const quantity = wanted.reduce((sum, one) => sum + one.quantity, 0);
  if (!quantity) return undefined;
  if (offer.area) {
    const area = offer.area;
    return { areas: wanted.map((one) => ({ area, quantity: one.quantity, ...(one.id ? { ticket_type: one.id } : {}) })) };
  }
  const typed = wanted.flatMap((one) => (one.id ? [{ id: one.id, quantity: one.quantity }] : []));
  return { best_available: { quantity, tier: offer.tier, ...(typed.length ? { ticket_types: typed } : {}) } };
}
