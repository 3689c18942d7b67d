//! What goes back if tickets are given back, as the desk is told before: the server reckons by the same prices and has the last
//! word. Pure.
import type { Schemas } from '../api/client';

type Money = Schemas['Money'];

/** What was refunded, as something that went out. */
export const back = (amount: Money): Money => ({ ...amount, amount: -amount.amount });

/** What tickets cost: price less discount, taxes on top, and fees unless they are kept. */
export function goesBack(order: Schemas['Order'], tickets: readonly string[], keepFees: boolean): Money {
  const currency = order.total.currency;
  let amount = 0;
  for (const ticket of order.tickets.filter((one) => tickets.includes(one.id))) {
    const item = order.items.find((one) => one.showtime === ticket.showtime);
    const priced = ticket.place ? item?.places.find((one) => one.id === ticket.place) : item?.areas?.find((one) => one.area === ticket.area && (one.ticket_type ?? null) === (ticket.ticket_type ?? null));
    if (!priced) continue;
    amount += priced.price.amount - (priced.discount?.amount ?? 0) + (priced.tax?.amount ?? 0) + (keepFees ? 0 : priced.fees.amount);
  }
  return { amount: Math.min(amount, order.total.amount), currency };
}
