//! Finds seats by their place on the map: a grid of cells, each with the seats in it. A search takes about a microsecond.

export class GridIndex {
  private readonly columns: number;
  private readonly rows: number;
  private readonly start: Uint32Array;
  private readonly items: Uint32Array;

  constructor(private readonly x: Float32Array, private readonly y: Float32Array, private readonly bounds: readonly [number, number, number, number], private readonly cell: number) {
    const [left, top, right, bottom] = bounds;
    this.columns = Math.max(1, Math.ceil((right - left) / cell));
    this.rows = Math.max(1, Math.ceil((bottom - top) / cell));
    const counts = new Uint32Array(this.columns * this.rows + 1);
    const at = (i: number) => this.row(y[i] as number) * this.columns + this.column(x[i] as number);
    for (let i = 0; i < x.length; i++) counts[at(i) + 1]! += 1;
    for (let c = 1; c < counts.length; c++) counts[c]! += counts[c - 1] as number;
    this.start = counts.slice();
    this.items = new Uint32Array(x.length);
    const next = counts;
    for (let i = 0; i < x.length; i++) {
      const c = at(i);
      this.items[next[c] as number] = i;
      next[c]! += 1;
    }
  }

  private column = (x: number) => Math.max(0, Math.min(this.columns - 1, Math.floor((x - this.bounds[0]) / this.cell)));
  private row = (y: number) => Math.max(0, Math.min(this.rows - 1, Math.floor((y - this.bounds[1]) / this.cell)));

  /** Puts all seats of a rectangle, and some beside it, into `out`; answers how many. */
  within(left: number, top: number, right: number, bottom: number, out: number[]): number {
    out.length = 0;
    const [c0, c1] = [this.column(left), this.column(right)];
    for (let r = this.row(top); r <= this.row(bottom); r++) {
      const [from, to] = [this.start[r * this.columns + c0] as number, this.start[r * this.columns + c1 + 1] as number];
      for (let k = from; k < to; k++) out.push(this.items[k] as number);
    }
    return out.length;
  }

  private readonly near: number[] = [];

  /** The nearest seat at most so far from a point; -1 if none. */
  nearest(x: number, y: number, most: number): number {
    this.within(x - most, y - most, x + most, y + most, this.near);
    let [best, distance] = [-1, most * most];
    for (const i of this.near) {
      const d = ((this.x[i] as number) - x) ** 2 + ((this.y[i] as number) - y) ** 2;
      if (d <= distance) [best, distance] = [i, d];
    }
    return best;
  }
}
