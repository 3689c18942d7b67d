//! The feed leaves nothing out, applies nothing twice, and begins anew wherever it must.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Feed, type Socket, type Status } from './feed';
import type { Frame, Snapshot } from './wire';
import { frame } from './frames-for-tests';

class Fake implements Socket {
  onopen: unknown;
  onmessage: unknown;
  onclose: unknown;
  binaryType = '';
  sent: string[] = [];
  send(text: string): void {
    this.sent.push(text);
  }
  close(): void {
    (this.onclose as () => void)();
  }
  says(data: unknown): void {
    (this.onmessage as (of: { data: unknown }) => void)({ data: data instanceof ArrayBuffer ? data : JSON.stringify(data) });
  }
}

let sockets: Fake[];
let frames: number[];
let statuses: Status[];
let asked: number[];
let snapshots: Snapshot[];
let answer: (index: number) => Promise<Snapshot>;
let feed: Feed;
const at = (index: number, epoch = 1): Snapshot => ({ index, epoch, states: new Uint8Array(4) });

beforeEach(() => {
  vi.useFakeTimers();
  [sockets, frames, statuses, asked, snapshots] = [[], [], [], [], []];
  answer = (index) => Promise.resolve(at(index));
  feed = new Feed('sht_1', {
    open: () => {
      const socket = new Fake();
      sockets.push(socket);
      return socket;
    },
    snapshot: (index) => {
      asked.push(index);
      return answer(index);
    },
    onSnapshot: (s) => void snapshots.push(s),
    onFrame: (f: Frame) => void frames.push(f.to),
    onStatus: (s) => void statuses.push(s),
  });
  feed.start();
});
afterEach(() => {
  feed.stop();
  vi.useRealTimers();
});
const settle = () => vi.advanceTimersByTimeAsync(0);
const subscribed = async (index: number) => {
  (sockets.at(-1)?.onopen as () => void)();
  sockets.at(-1)?.says({ subscribed: { index } });
  await settle();
};

test('it subscribes, then reads the snapshot at the index it was told', async () => {
  await subscribed(10);
  expect(JSON.parse(sockets[0]?.sent[0] ?? '')).toEqual({ subscribe: { showtime: 'sht_1' } });
  expect([asked, feed.index, statuses.at(-1)]).toEqual([[10], 10, 'live']);
});

test('frames that come while the snapshot is on its way are applied after it, old ones dropped', async () => {
  let done: (s: Snapshot) => void = () => undefined;
  answer = () => new Promise((resolve) => (done = resolve));
  await subscribed(10);
  for (const [from, to] of [[9, 10], [10, 12], [12, 13]]) sockets[0]?.says(frame(from as number, to as number, []));
  done(at(11));
  await settle();
  expect([frames, feed.index]).toEqual([[12, 13], 13]);
});

test('a gap or another epoch begins anew', async () => {
  await subscribed(10);
  sockets[0]?.says(frame(11, 12, []));
  await settle();
  expect([asked, frames, feed.index]).toEqual([[10, 12], [], 12]);
  answer = (index) => Promise.resolve(at(index, 2));
  sockets[0]?.says(frame(12, 13, [], [], 2));
  await settle();
  expect([feed.index, snapshots.length]).toEqual([13, 3]);
});

test('a heartbeat moves the index on, and silence ends the socket', async () => {
  await subscribed(10);
  sockets[0]?.says({ heartbeat: 15 });
  sockets[0]?.says(frame(14, 16, []));
  expect([frames, asked]).toEqual([[16], [10]]);
  await vi.advanceTimersByTimeAsync(26_000);
  expect(sockets.length).toBeGreaterThan(1);
});

test('bytes that cannot be read end the socket', async () => {
  await subscribed(10);
  sockets[0]?.says(new ArrayBuffer(3));
  await vi.advanceTimersByTimeAsync(1_000);
  expect(sockets.length).toBe(2);
});

test('after three failures it asks every few seconds, until a socket is good again', async () => {
  for (let i = 0; i < 3; i++) {
    sockets.at(-1)?.close();
    await vi.advanceTimersByTimeAsync(2_000);
  }
  expect(statuses).toContain('polling');
  expect(asked.length).toBeGreaterThan(0);
  await subscribed(40);
  const before = asked.length;
  await vi.advanceTimersByTimeAsync(9_000);
  expect([statuses.at(-1), asked.length]).toEqual(['live', before]);
});
