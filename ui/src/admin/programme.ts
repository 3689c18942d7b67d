//! The showtimes of one's organization, the soonest first, with the titles of their events. The interface lists them by event,
//! so all events are asked; what was read a moment ago is not asked for again.
import { client, given, type Schemas } from '../api/client';
import { organization } from './session.svelte';

export type Shown = { showtime: Schemas['Showtime']; event: Schemas['Event']; zone: string };

/** Pages of 100 events; a house has fewer. */
const PAGES_MAX = 5;
const FRESH_MS = 30_000;
/** A showtime stays in the list for so long after it began. */
const OVER_MS = 12 * 3_600_000;

let read: { at: number; of: string | undefined; all: Promise<Shown[]> } | undefined;

async function ask(of: string | undefined): Promise<Shown[]> {
  const events: Schemas['Event'][] = [];
  let cursor: string | undefined;
  for (let page = 0; page < PAGES_MAX; page++) {
    const query = { limit: 100, ...(of ? { organization: of } : {}), ...(cursor ? { cursor } : {}) };
    const answer = await given(client.GET('/api/v1/events', { params: { query } }));
    events.push(...answer.items);
    cursor = answer.next_cursor ?? undefined;
    if (!cursor) break;
  }
  const all = await Promise.all(events.map(async (event) => {
    const answer = await given(client.GET('/api/v1/events/{event}/showtimes', { params: { path: { event: event.id }, query: { limit: 100 } } }));
    return answer.items.map((showtime) => ({ showtime, event, zone: showtime.zone ?? 'UTC' }));
  }));
  return all.flat().sort((a, b) => Date.parse(a.showtime.starts_at) - Date.parse(b.showtime.starts_at));
}

/** All that have not been over for long. */
export async function programme(): Promise<Shown[]> {
  const of = await organization();
  if (!read || read.of !== of || Date.now() - read.at > FRESH_MS) {
    read = { at: Date.now(), of, all: ask(of) };
    read.all.catch(() => (read = undefined));
  }
  return (await read.all).filter(({ showtime }) => Date.parse(showtime.starts_at) > Date.now() - OVER_MS);
}

/** A showtime with its event, by its id. */
export async function shown(id: string): Promise<Shown> {
  const showtime = await given(client.GET('/api/v1/showtimes/{showtime}', { params: { path: { showtime: id } } }));
  const event = await given(client.GET('/api/v1/events/{event}', { params: { path: { event: showtime.event } } }));
  return { showtime, event, zone: showtime.zone ?? 'UTC' };
}
