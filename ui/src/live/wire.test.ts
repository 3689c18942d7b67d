//! Packed forms are read as the server writes them, and foreign bytes are refused, not believed.
import { expect, test } from 'vitest';
import { frame } from './frames-for-tests';
import { readFrame, readSnapshot, Unreadable } from './wire';

/** The example of `api/src/seats.rs`. */
function snapshot(states: number[], index = 0x0102, epoch = 3): ArrayBuffer {
  const bytes = new ArrayBuffer(32 + Math.ceil(states.length / 4));
  const data = new DataView(bytes);
  new Uint8Array(bytes).set([0x55, 0x53, 0x48, 0x53, 1, 2]);
  data.setUint16(6, 32, true);
  data.setUint32(8, states.length, true);
  data.setBigUint64(16, BigInt(index), true);
  data.setBigUint64(24, BigInt(epoch), true);
  states.forEach((state, i) => data.setUint8(32 + (i >> 2), data.getUint8(32 + (i >> 2)) | (state << ((i & 3) * 2))));
  return bytes;
}
test('a snapshot is as the server packs it', () => {
  const bytes = snapshot([0, 1, 2, 3, 1]);
  expect([...new Uint8Array(bytes, 32)]).toEqual([0b11_10_01_00, 0b01]);
  const read = readSnapshot(bytes);
  expect([...read.states]).toEqual([0, 1, 2, 3, 1]);
  expect([read.index, read.epoch]).toEqual([0x0102, 3]);
});

test('a frame is as the server packs it', () => {
  const read = readFrame(frame(5, 8, [[3, 1], [70_000, 2]], [[2, 40]]));
  expect([read.channel, read.epoch, read.from, read.to]).toEqual([9, 1, 5, 8]);
  expect([...read.seats].map((p) => [p >>> 2, p & 3])).toEqual([[3, 1], [70_000, 2]]);
  expect([...read.areas]).toEqual([2, 40]);
});

test('cut off, lengthened and damaged bytes are refused or read within their bounds', () => {
  let seed = 7;
  const random = (n: number) => (seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648) % n;
  for (let round = 0; round < 4_000; round++) {
    const whole = round % 2 ? frame(1, 2, [[random(100), random(4)]], [[0, random(9)]]) : snapshot(Array.from({ length: random(40) }, () => random(4)));
    const bytes = whole.slice(0, random(whole.byteLength + 1));
    const view = new Uint8Array(bytes);
    if (view.length) view[random(view.length)] = random(256);
    for (const read of [readSnapshot, readFrame]) {
      try {
        read(bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(Unreadable);
      }
    }
  }
});
