//! Whose a place is: by the orders of its showtime, which the interface lists but cannot be asked for by place.
import { client, given } from '../api/client';

/** By the id of the place: the order, and who ordered. */
export type Owners = Map<string, { id: string; name: string }>;

/** Pages of 100 orders: more than any house has. */
const PAGES_MAX = 60;
const OF_PLACES = ['pending', 'paid', 'partly_refunded'];

/** Reads them all; what was given back belongs to nobody. */
export async function ofShowtime(showtime: string): Promise<Owners> {
  const owners: Owners = new Map();
  let cursor: string | undefined;
  for (let page = 0; page < PAGES_MAX; page++) {
    const answer = await given(client.GET('/api/v1/orders', { params: { query: { showtime, limit: 100, ...(cursor ? { cursor } : {}) } } }));
    for (const order of answer.items.filter((one) => OF_PLACES.includes(one.state))) {
      const name = order.buyer.name || order.buyer.email || order.id;
      const back = new Set(order.tickets.filter((ticket) => ticket.state !== 'valid').map((ticket) => ticket.place));
      for (const place of order.items.filter((item) => item.showtime === showtime).flatMap((item) => item.places)) {
        if (!back.has(place.id)) owners.set(place.id, { id: order.id, name });
      }
    }
    cursor = answer.next_cursor ?? undefined;
    if (!cursor) break;
  }
  return owners;
}
