//! What the visitor has chosen and not yet held: seats with their kind of ticket, and places in areas. Pure; the page shows it.
import type { House, Money, Tier, TicketType } from './house';

export type Line = { key: string; seat?: number; area?: number; label: string; tier: Tier; type: TicketType; quantity: number };

/** The type that a place has unless the visitor says otherwise. */
const usual = (tier: Tier): TicketType => tier.types[0] ?? { id: undefined, name: tier.name, description: '', total: { amount: 0, currency: 'EUR' } };

export function seatLine(house: House, seat: number): Line | undefined {
  const tier = house.tiers[house.tier[seat] as number];
  return tier && { key: `s${seat}`, seat, label: house.labels[seat] as string, tier, type: usual(tier), quantity: 1 };
}
export function areaLine(house: House, area: number, quantity: number, type?: TicketType): Line | undefined {
  const of = house.areas.find((a) => a.index === area);
  const tier = of && house.tiers[of.tier];
  if (!of || !tier) return undefined;
  const kind = type ?? usual(tier);
  return { key: `a${area} ${kind.id ?? ''}`, area, label: of.name, tier, type: kind, quantity };
}

export const places = (lines: Line[]): number => lines.reduce((sum, line) => sum + line.quantity, 0);

/** What all of it costs, every fee and tax in it. */
export function total(lines: Line[]): Money | undefined {
  const [first] = lines;
  if (!first) return undefined;
  return { amount: lines.reduce((sum, line) => sum + line.type.total.amount * line.quantity, 0), currency: first.type.total.currency };
}

/** The body of the request that holds it. */
export function wanted(house: House, lines: Line[], voucher?: string) {
  return {
    places: lines.filter((line) => line.seat !== undefined).map((line) => {
      const id = house.ids[line.seat as number] as string;
      return line.type.id ? { id, ticket_type: line.type.id } : id;
    }),
    areas: lines.filter((line) => line.area !== undefined).map((line) => {
      const area = { area: house.areas.find((a) => a.index === line.area)?.id ?? '', quantity: line.quantity };
      return line.type.id ? { ...area, ticket_type: line.type.id } : area;
    }),
    ...(voucher ? { voucher } : {}),
  };
}
