//! What this browser keeps of the visitor's holds and orders: their tokens, without which nobody may see them.
//! Only in this browser; the link of an order carries its token behind the `#`, which browsers send to nobody.

export type Kept = { hold: string; token: string; showtime: string; title: string; startsAt: string; zone: string; order?: string };
export type Buyer = { name: string; email: string; phone: string };

const KEPT_MAX = 40;
const HOLDS = 'usher.holds';
const BUYER = 'usher.buyer';

function stored<T>(key: string, none: T): T {
  try {
    return (JSON.parse(localStorage.getItem(key) ?? 'null') as T | null) ?? none;
  } catch {
    return none;
  }
}
function store(key: string, value: unknown): void {
  try {
    localStorage.setItem(key, JSON.stringify(value));
  } catch {
    // Private windows may keep nothing: the address still names the hold, and the order's link carries the token.
    memory.set(key, value);
  }
}
const memory = new Map<string, unknown>();

/** All of them, the newest first. */
export const allKept = (): Kept[] => stored<Kept[]>(HOLDS, (memory.get(HOLDS) as Kept[] | undefined) ?? []);

/** Keeps one, or what changed of it. */
export function keep(one: Kept): void {
  store(HOLDS, [one, ...allKept().filter((other) => other.hold !== one.hold)].slice(0, KEPT_MAX));
}
export function forget(hold: string): void {
  store(HOLDS, allKept().filter((one) => one.hold !== hold));
}
export const ofHold = (hold: string): Kept | undefined => allKept().find((one) => one.hold === hold);
export const ofOrder = (order: string): Kept | undefined => allKept().find((one) => one.order === order);

/** The token that a link carries behind its `#`; nothing if there is none. */
export const tokenIn = (hash: string): string | undefined => /#(uht_[\w.-]+)/.exec(hash)?.[1];

/** The token that the link of a ticket carries which somebody passed on. */
export const ticketTokenIn = (hash: string): string | undefined => /#(utt_[\w.-]+)/.exec(hash)?.[1];
export const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

/** Who bought last, if they wished to be remembered. */
export const rememberedBuyer = (): Buyer | undefined => stored<Buyer | undefined>(BUYER, undefined);
export const rememberBuyer = (buyer: Buyer | undefined): void => (buyer ? store(BUYER, buyer) : localStorage.removeItem(BUYER));

export const holdToken = (token: string) => ({ 'X-Hold-Token': token });
