//! A house that follows its showtime, for the pages of staff: the house is made, its seats are read and kept up to date.
//! Deliberately not here: what a page does with a seat that changed.
import { client, given, socketNode } from '../api/client';
import { Feed, type Socket, type Status } from '../live/feed';
import { House, tiersOf } from '../seats/house';
import { readSeats } from '../seats/read';
import type { Shown } from './programme';

export type Watching = {
  /** A seat has another state. */
  onSeat(seat: number): void;
  /** Something changed; said once for each snapshot and frame. */
  onChange(): void;
  onStatus(status: Status): void;
};

export async function houseOf({ showtime }: Shown): Promise<House> {
  const geometry = await given(client.GET('/api/v1/plans/{plan}/geometry', { params: { path: { plan: showtime.plan ?? '' } } }));
  return new House(geometry, tiersOf(showtime), showtime);
}

/** Follows until what it returns is called. */
export function watch(showtime: string, house: House, told: Watching): () => void {
  const set = (seat: number, state: number) => {
    if (seat >= house.count || house.states[seat] === state) return;
    house.states[seat] = state;
    told.onSeat(seat);
  };
  const feed = new Feed(showtime, {
    open: (failures) => new WebSocket(`${socketNode(failures)}/api/v1/live`, ['usher.live.v1+binary']) as unknown as Socket,
    snapshot: (index) => readSeats(showtime, house, index),
    onSnapshot: (snapshot) => {
      snapshot.states.forEach((state, seat) => set(seat, state));
      house.known = true;
      told.onChange();
    },
    onFrame: (frame) => {
      for (const packed of frame.seats) set(packed >>> 2, packed & 3);
      for (let k = 0; k < frame.areas.length; k += 2) house.areaFree[frame.areas[k] as number] = frame.areas[k + 1] as number;
      told.onChange();
    },
    onStatus: (status) => told.onStatus(status),
  });
  feed.start();
  return () => feed.stop();
}
