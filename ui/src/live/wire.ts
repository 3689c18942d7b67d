//! The packed forms of seats' states: the snapshot (two bits a seat) and the frames of the live feed. All numbers are
//! little-endian; `api/src/seats.rs` and `api/src/live/frames.rs` write them. Foreign bytes: nothing here trusts a length.

export type Snapshot = { index: number; epoch: number; states: Uint8Array };
export type Frame = { channel: number; epoch: number; from: number; to: number; seats: Uint32Array; areas: Uint32Array };

const SNAPSHOT_HEADER = 32;
const FRAME_HEADER = 40;

/** Why bytes cannot be read. */
export class Unreadable extends Error {}

function view(bytes: ArrayBuffer, least: number): DataView {
  if (bytes.byteLength < least) throw new Unreadable(`${bytes.byteLength} bytes are too few`);
  return new DataView(bytes);
}

/** A number of 64 bits; log indexes stay far below 2^53. */
function big(data: DataView, at: number): number {
  const value = data.getUint32(at, true) + data.getUint32(at + 4, true) * 2 ** 32;
  if (!Number.isSafeInteger(value)) throw new Unreadable('a number is too large');
  return value;
}

/** Reads a snapshot. */
export function readSnapshot(bytes: ArrayBuffer): Snapshot {
  const data = view(bytes, SNAPSHOT_HEADER);
  if (data.getUint32(0, false) !== 0x55534853 || data.getUint8(4) !== 1 || data.getUint8(5) !== 2) throw new Unreadable('not a snapshot of version 1');
  const header = data.getUint16(6, true);
  const count = data.getUint32(8, true);
  if (header < SNAPSHOT_HEADER || bytes.byteLength < header + Math.ceil(count / 4)) throw new Unreadable('a snapshot is cut off');
  const states = new Uint8Array(count);
  const packed = new Uint8Array(bytes, header);
  for (let i = 0; i < count; i++) states[i] = ((packed[i >> 2] as number) >> ((i & 3) * 2)) & 3;
  return { index: big(data, 16), epoch: big(data, 24), states };
}

/** Reads a frame; its seats are number·4 + state, its areas pairs of number and free places. */
export function readFrame(bytes: ArrayBuffer): Frame {
  const data = view(bytes, FRAME_HEADER);
  if (data.getUint8(0) !== 1 || data.getUint8(1) !== 1) throw new Unreadable('not a frame of version 1');
  const [seats, areas] = [data.getUint32(32, true), data.getUint32(36, true)];
  if (bytes.byteLength !== FRAME_HEADER + 4 * seats + 8 * areas) throw new Unreadable('a frame is not as long as it says');
  return {
    channel: data.getUint32(4, true),
    epoch: big(data, 8),
    from: big(data, 16),
    to: big(data, 24),
    seats: new Uint32Array(bytes, FRAME_HEADER, seats),
    areas: new Uint32Array(bytes, FRAME_HEADER + 4 * seats, areas * 2),
  };
}
