//! Draws the house on a canvas, with as much detail as there is room for: sections, then dots from a picture made before,
//! then seats in view, then their numbers. What did not move is not drawn again, but for seats that changed.
//! Colour is the price, form is the state. Deliberately not here: pointers and the camera (see `camera`), words.
import type { GridIndex } from './grid-index';
import { BLOCKED, COMPANION, FREE, HELD, type House, NO_TIER, SOLD, type Shape, WHEELCHAIR } from './house';

export type View = { scale: number; x: number; y: number };
/** What the map is drawn with: read from the page's own tokens. */
export type Palette = { ground: string; card: string; ink: string; ink2: string; line: string; sold: string; focus: string; tiers: string[]; tierInks: string[] };
/** What the map needs to know besides the house. */
export type Marks = { mine: ReadonlySet<number>; focused: number; shows(tier: number, attributes: number): boolean; sectionLabel(section: number): string[]; areaLabel(area: number): string[] };

/** Pixels of a seat below which sections are drawn, dots, and numbers from. */
const SECTIONS_BELOW = 3;
const DOTS_BELOW = 9;
const NUMBERS_FROM = 22;
/** Pixels of a picture of all dots, at most. */
const PICTURE_MAX = 3072;
const FONT = 'system-ui, sans-serif';

/** How a seat is drawn: free in a tier (0 to 4), or one of these. */
const [PALE, TAKEN, NEVER, MINE, HIDDEN, KINDS] = [5, 6, 7, 8, 9, 10];

type Picture = { canvas: HTMLCanvasElement; context: CanvasRenderingContext2D; scale: number; dot: number };

export class SeatCanvas {
  private readonly context: CanvasRenderingContext2D;
  private width = 0;
  private height = 0;
  private density = 1;
  private pictures: Picture[] = [];
  private readonly changed = new Set<number>();
  private readonly buckets: number[][] = Array.from({ length: KINDS }, () => []);
  private readonly seen: number[] = [];
  private last = '';
  private whole = true;
  /** Labels drawn so far, so that none covers another. */
  private readonly plates: [number, number, number, number][] = [];

  constructor(readonly element: HTMLCanvasElement, private readonly house: House, private readonly index: GridIndex, private palette: Palette, private readonly marks: Marks) {
    this.context = element.getContext('2d', { alpha: false }) as CanvasRenderingContext2D;
  }

  /** Sets the size in CSS pixels, and how many pixels of the screen one of them is: two at most. */
  resize(width: number, height: number, density: number): void {
    const d = Math.min(2, density);
    if (width === this.width && height === this.height && d === this.density) return;
    [this.width, this.height, this.density] = [width, height, d];
    this.element.width = Math.round(width * d);
    this.element.height = Math.round(height * d);
    this.redraw();
    this.pictures = [];
  }

  /** All must be drawn anew: colours, the filter, or everything has changed. */
  redraw(palette?: Palette): void {
    if (palette) this.palette = palette;
    this.whole = true;
    this.pictures = [];
  }

  /** All must be drawn anew, but the picture of the dots is still right: labels changed. */
  refresh(): void {
    this.whole = true;
  }

  /** A seat has changed. */
  touch(seat: number): void {
    this.changed.add(seat);
  }

  private kind(i: number): number {
    const { house } = this;
    if (this.marks.mine.has(i)) return MINE;
    const [state, tier] = [house.states[i], house.tier[i] as number];
    if (state === BLOCKED || tier === NO_TIER) return NEVER;
    if (state === SOLD) return TAKEN;
    if (!this.marks.shows(tier, house.attributes[i] as number)) return HIDDEN;
    return state === HELD ? PALE : Math.min(tier, 4);
  }

  private fill(kind: number): string {
    const { palette } = this;
    if (kind < 5) return palette.tiers[kind] as string;
    return kind === MINE ? palette.ink : kind === NEVER ? palette.card : palette.sold;
  }

  private sort(seats: Iterable<number>): void {
    for (const bucket of this.buckets) bucket.length = 0;
    for (const i of seats) this.buckets[this.kind(i)]?.push(i);
  }

  private picture(scale: number): Picture {
    const [left, top, right, bottom] = this.house.bounds;
    const canvas = document.createElement('canvas');
    canvas.width = Math.ceil((right - left) * scale);
    canvas.height = Math.ceil((bottom - top) * scale);
    const context = canvas.getContext('2d', { alpha: false }) as CanvasRenderingContext2D;
    context.fillStyle = this.palette.ground;
    context.fillRect(0, 0, canvas.width, canvas.height);
    for (const shape of this.house.decoration) this.shape(context, shape, scale, -left * scale, -top * scale);
    const picture = { canvas, context, scale, dot: Math.max(1, this.house.pitch * 0.72 * scale) };
    this.dots(picture, this.all());
    return picture;
  }

  private *all(): Iterable<number> {
    for (let i = 0; i < this.house.count; i++) yield i;
  }

  private dots({ context, scale, dot }: Picture, seats: Iterable<number>): void {
    const [left, top] = this.house.bounds;
    this.sort(seats);
    this.buckets.forEach((bucket, kind) => {
      context.fillStyle = this.fill(kind);
      for (const i of bucket) context.fillRect(((this.house.x[i] as number) - left) * scale - dot / 2, ((this.house.y[i] as number) - top) * scale - dot / 2, dot, dot);
    });
  }

  private shape(context: CanvasRenderingContext2D, shape: Shape, scale: number, dx: number, dy: number): void {
    context.beginPath();
    const [first] = shape.points;
    if (!first) return;
    if (shape.rx) context.ellipse(first[0] * scale + dx, first[1] * scale + dy, shape.rx * scale, shape.ry * scale, 0, 0, Math.PI * 2);
    else shape.points.forEach(([x, y], k) => context[k ? 'lineTo' : 'moveTo'](x * scale + dx, y * scale + dy));
    context.closePath();
    if (shape.kind !== 'text') {
      context.fillStyle = this.palette.card;
      context.strokeStyle = this.palette.line;
      context.lineWidth = 1;
      context.fill();
      context.stroke();
    }
    if (shape.text && shape.size * scale >= 7) {
      const mean = (k: 0 | 1) => shape.points.reduce((sum, p) => sum + p[k], 0) / shape.points.length;
      context.fillStyle = this.palette.ink2;
      context.font = `600 ${Math.min(28 * this.density, shape.size * scale)}px ${FONT}`;
      context.textAlign = 'center';
      context.textBaseline = 'middle';
      context.fillText(shape.text, mean(0) * scale + dx, mean(1) * scale + dy);
    }
  }

  private seats(scale: number, dx: number, dy: number, moving: boolean): void {
    const { context, house, palette } = this;
    const size = Math.max(1, house.pitch * 0.78 * scale);
    const [half, round] = [size / 2, !moving && size >= DOTS_BELOW];
    const px = (i: number) => (house.x[i] as number) * scale + dx;
    const py = (i: number) => (house.y[i] as number) * scale + dy;
    this.buckets.forEach((bucket, kind) => {
      if (!bucket.length) return;
      context.fillStyle = this.fill(kind);
      if (!round) {
        for (const i of bucket) context.fillRect(px(i) - half, py(i) - half, size, size);
        return;
      }
      context.beginPath();
      for (const i of bucket) context.roundRect(px(i) - half, py(i) - half, size, size, [size * 0.34, size * 0.34, size * 0.14, size * 0.14]);
      context.fill();
      if (kind === NEVER) {
        context.strokeStyle = palette.sold;
        context.lineWidth = 1;
        context.stroke();
      }
    });
    if (!round) return;
    this.glyphs(px, py, size);
    if (size >= NUMBERS_FROM * this.density) this.numbers(px, py, size);
    const focused = this.marks.focused;
    if (focused >= 0) {
      context.strokeStyle = palette.focus;
      context.lineWidth = 3 * this.density;
      context.beginPath();
      context.roundRect(px(focused) - half - 3, py(focused) - half - 3, size + 6, size + 6, size * 0.3);
      context.stroke();
    }
  }

  /** A slash for held, a cross for sold, a check for mine. */
  private glyphs(px: (i: number) => number, py: (i: number) => number, size: number): void {
    const { context, palette } = this;
    const q = size * 0.2;
    context.lineWidth = Math.max(1, size * 0.09);
    context.strokeStyle = palette.line;
    context.beginPath();
    for (const kind of [PALE, TAKEN]) {
      for (const i of this.buckets[kind] as number[]) {
        const [x, y] = [px(i), py(i)];
        context.moveTo(x - q, y + q);
        context.lineTo(x + q, y - q);
        if (kind === PALE) continue;
        context.moveTo(x - q, y - q);
        context.lineTo(x + q, y + q);
      }
    }
    context.stroke();
    context.strokeStyle = palette.ground;
    context.lineWidth = Math.max(1.5, size * 0.12);
    context.beginPath();
    for (const i of this.buckets[MINE] as number[]) {
      const [x, y] = [px(i), py(i)];
      context.moveTo(x - q * 1.1, y);
      context.lineTo(x - q * 0.2, y + q * 0.9);
      context.lineTo(x + q * 1.2, y - q * 0.9);
    }
    context.stroke();
  }

  private numbers(px: (i: number) => number, py: (i: number) => number, size: number): void {
    const { context, house, palette } = this;
    context.font = `600 ${Math.round(size * 0.4)}px ${FONT}`;
    context.textAlign = 'center';
    context.textBaseline = 'middle';
    for (let kind = 0; kind < 5; kind++) {
      context.fillStyle = palette.tierInks[kind] as string;
      for (const i of this.buckets[kind] as number[]) {
        const a = house.attributes[i] as number;
        context.fillText(a & WHEELCHAIR ? '♿︎' : a & COMPANION ? '+1' : (house.numbers[i] as string), px(i), py(i));
      }
    }
    context.fillStyle = palette.ink2;
    for (const section of house.sections) {
      for (const row of section.rows) {
        for (const [end, side] of [[row.seats[0], -1], [row.seats[row.seats.length - 1], 1]] as const) {
          if (end !== undefined) context.fillText(row.label, px(end) + side * size * 1.05, py(end));
        }
      }
    }
  }

  private sections(scale: number, dx: number, dy: number): void {
    const { context, house, palette } = this;
    for (const section of house.sections) {
      if (section.hull.length < 3) continue;
      const free = house.freeInSection[section.index] as number;
      const dearest = section.seats.reduce((best, i) => Math.min(best, house.tier[i] as number), NO_TIER);
      context.beginPath();
      section.hull.forEach(([x, y], k) => context[k ? 'lineTo' : 'moveTo'](x * scale + dx, y * scale + dy));
      context.closePath();
      context.fillStyle = palette.sold;
      context.fill();
      if (free > 0 && dearest !== NO_TIER) {
        // The fuller the colour the more is free; never so pale that it looks sold.
        context.globalAlpha = 0.45 + (0.55 * free) / section.seats.length;
        context.fillStyle = palette.tiers[Math.min(dearest, 4)] as string;
        context.fill();
        context.globalAlpha = 1;
      }
      context.strokeStyle = palette.ground;
      context.lineWidth = 2 * this.density;
      context.stroke();
    }
    for (const section of house.sections) {
      if (section.hull.length >= 3) this.label(this.marks.sectionLabel(section.index), section.center[0] * scale + dx, section.center[1] * scale + dy, this.room(section.hull, scale));
    }
  }

  private room(points: [number, number][], scale: number): number {
    const xs = points.map((p) => p[0]);
    return (Math.max(...xs) - Math.min(...xs)) * scale;
  }

  /** Lines on a plate that is readable on whatever is below; left out where there is no room. */
  private label(lines: string[], x: number, y: number, room: number): void {
    const { context, palette } = this;
    const size = 12 * this.density;
    context.font = `600 ${size}px ${FONT}`;
    const widths = lines.map((line) => context.measureText(line).width);
    let [shown, wide, high] = [lines.length + 1, 0, 0];
    const overlaps = () => this.plates.some(([px, py, w, h]) => Math.abs(px - x) * 2 < w + wide && Math.abs(py - y) * 2 < h + high);
    do {
      shown -= 1;
      if (!shown) return;
      [wide, high] = [Math.max(...widths.slice(0, shown)) + size, shown * size * 1.25 + size * 0.4];
    } while (wide > room * 1.25 || overlaps());
    this.plates.push([x, y, wide, high]);
    context.fillStyle = palette.card;
    context.beginPath();
    context.roundRect(x - wide / 2, y - high / 2, wide, high, 2 * this.density);
    context.fill();
    context.textAlign = 'center';
    context.textBaseline = 'middle';
    lines.slice(0, shown).forEach((line, k) => {
      context.fillStyle = k ? palette.ink2 : palette.ink;
      context.fillText(line, x, y - high / 2 + size * 0.85 + k * size * 1.25);
    });
  }

  private areas(scale: number, dx: number, dy: number): void {
    const { context, house, palette } = this;
    for (const area of house.areas) {
      const { shape } = area;
      if (!shape) continue;
      this.shape(context, { ...shape, text: '' }, scale, dx, dy);
      const open = (house.areaFree[area.index] ?? 0) > 0 && this.marks.shows(area.tier, 0);
      context.fillStyle = open ? (palette.tiers[Math.min(area.tier, 4)] ?? palette.sold) : palette.sold;
      context.globalAlpha = open ? 0.85 : 0.6;
      context.fill();
      context.globalAlpha = 1;
      this.label(this.marks.areaLabel(area.index), area.center[0] * scale + dx, area.center[1] * scale + dy, shape.rx ? shape.rx * 2 * scale : this.room(shape.points, scale));
    }
  }

  /** Pixels of a seat in a view. */
  seatSize(view: View): number {
    return this.house.pitch * 0.78 * view.scale;
  }

  /** Draws what has changed; while a gesture runs, plain squares. */
  draw(view: View, moving: boolean): void {
    const { context, house, element } = this;
    const scale = view.scale * this.density;
    const [dx, dy] = [Math.round(view.x * this.density), Math.round(view.y * this.density)];
    const key = `${scale} ${dx} ${dy} ${moving}`;
    const moved = this.whole || key !== this.last;
    this.last = key;
    const size = this.seatSize(view);
    const level = size < SECTIONS_BELOW && house.sections.length > 1 ? 0 : size < DOTS_BELOW ? 1 : 2;
    if (level === 1 && !this.pictures.length) this.makePictures();
    if (this.pictures.length && this.changed.size) for (const picture of this.pictures) this.dots(picture, this.changed);
    const margin = house.pitch * 2;
    const [left, top, right, bottom] = [-dx / scale - margin, -dy / scale - margin, (element.width - dx) / scale + margin, (element.height - dy) / scale + margin];
    if (moved) {
      this.plates.length = 0;
      context.fillStyle = this.palette.ground;
      context.fillRect(0, 0, element.width, element.height);
      if (level === 1) this.blit(scale, dx, dy);
      else for (const shape of house.decoration) this.shape(context, shape, scale, dx, dy);
      this.areas(scale, dx, dy);
      if (level === 0) this.sections(scale, dx, dy);
      if (level === 2) {
        this.index.within(left, top, right, bottom, this.seen);
        this.sort(this.seen);
        this.seats(scale, dx, dy, moving);
      }
    } else if (this.changed.size && level > 0) {
      this.seen.length = 0;
      for (const i of this.changed) {
        const [x, y] = [house.x[i] as number, house.y[i] as number];
        if (x > left && x < right && y > top && y < bottom) this.seen.push(i);
      }
      const box = house.pitch * 0.78 * scale + 2;
      context.fillStyle = this.palette.ground;
      for (const i of this.seen) context.fillRect((house.x[i] as number) * scale + dx - box / 2, (house.y[i] as number) * scale + dy - box / 2, box, box);
      this.sort(this.seen);
      this.seats(scale, dx, dy, moving || level === 1);
    }
    this.changed.clear();
    this.whole = false;
  }

  private makePictures(): void {
    const [left, top, right, bottom] = this.house.bounds;
    const most = PICTURE_MAX / Math.max(right - left, bottom - top);
    const wanted = [SECTIONS_BELOW * 1.3, DOTS_BELOW].map((px) => Math.min(most, (px * this.density) / (this.house.pitch * 0.78)));
    this.pictures = [...new Set(wanted)].map((scale) => this.picture(scale));
  }

  private blit(scale: number, dx: number, dy: number): void {
    const picture = this.pictures.find((p) => p.scale >= scale) ?? this.pictures[this.pictures.length - 1];
    if (!picture) return;
    const [left, top] = this.house.bounds;
    const k = scale / picture.scale;
    const [sx, sy] = [Math.max(0, -(left * scale + dx) / k), Math.max(0, -(top * scale + dy) / k)];
    const [sw, sh] = [Math.min(picture.canvas.width - sx, this.element.width / k + 1), Math.min(picture.canvas.height - sy, this.element.height / k + 1)];
    if (sw <= 0 || sh <= 0) return;
    this.context.imageSmoothingEnabled = k < 1;
    this.context.drawImage(picture.canvas, sx, sy, sw, sh, left * scale + dx + sx * k, top * scale + dy + sy * k, sw * k, sh * k);
  }

  /** Whether a seat may be chosen by pointing at it: it is free and drawn as one. */
  isFree(i: number): boolean {
    return this.house.states[i] === FREE && this.house.tier[i] !== NO_TIER;
  }
}
