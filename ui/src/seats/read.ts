//! Reads what is free in a house, as of an index or later: seats packed, areas counted.
import { bytes, type Schemas } from '../api/client';
import { readSnapshot, type Snapshot } from '../live/wire';
import type { House } from './house';

const PACKED = 'application/vnd.usher.seats';

/** The seats' states; what is free in areas is put into the house. */
export async function readSeats(showtime: string, of: House, index: number): Promise<Snapshot> {
  const least: Record<string, string> = index ? { 'x-min-log-index': String(index) } : {};
  const seats = await bytes(`/api/v1/showtimes/${showtime}/seats`, { accept: PACKED, ...least });
  const snapshot = readSnapshot(await seats.arrayBuffer());
  if (!of.areas.length) return snapshot;
  const counts = (await (await bytes(`/api/v1/showtimes/${showtime}/availability`, { accept: 'application/json', ...least })).json()) as Schemas['Availability'];
  for (const area of of.areas) of.areaFree[area.index] = counts.areas.find((a) => a.id === area.id)?.free ?? 0;
  // Both are at least as new as asked; frames since the older of them are applied to both.
  return { ...snapshot, index: Math.min(snapshot.index, counts.index) };
}
