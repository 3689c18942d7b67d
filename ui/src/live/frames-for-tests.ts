//! Frames packed as `api/src/live/frames.rs` does, for tests.

export function frame(from: number, to: number, seats: [number, number][], areas: [number, number][] = [], epoch = 1): ArrayBuffer {
  const bytes = new ArrayBuffer(40 + 4 * seats.length + 8 * areas.length);
  const data = new DataView(bytes);
  new Uint8Array(bytes).set([1, 1]);
  data.setUint32(4, 9, true);
  [epoch, from, to].forEach((value, i) => data.setBigUint64(8 + 8 * i, BigInt(value), true));
  data.setUint32(32, seats.length, true);
  data.setUint32(36, areas.length, true);
  seats.forEach(([seat, state], i) => data.setUint32(40 + 4 * i, (seat << 2) | state, true));
  areas.flat().forEach((value, i) => data.setUint32(40 + 4 * seats.length + 4 * i, value, true));
  return bytes;
}
