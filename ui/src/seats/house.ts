//! The house as the map and the list see it: places in plan order with their coordinates, tiers and rows; what is free; and
//! sections with their outlines. Plain arrays: a house has up to 100,000 seats. Deliberately not here: drawing.
import type { Schemas } from '../api/client';

type Geometry = Schemas['Geometry'];
type Showtime = Schemas['Showtime'];
export type Money = { amount: number; currency: string };
export type TicketType = { id: string | undefined; name: string; description: string; total: Money };
export type Tier = { id: string; name: string; from: Money | undefined; types: TicketType[] };
export type Row = { label: string; section: number; seats: number[] };
export type Section = { index: number; id: string; name: string; rows: Row[]; seats: number[]; hull: [number, number][]; center: [number, number] };
export type Area = { index: number; id: string; name: string; section: number; tier: number; capacity: number; shape: Shape | undefined; center: [number, number] };
export type Shape = { kind: 'rectangle' | 'circle' | 'ellipse' | 'polygon' | 'text'; points: [number, number][]; rx: number; ry: number; text: string; size: number };

export const FREE = 0;
export const HELD = 1;
export const SOLD = 2;
export const BLOCKED = 3;
export const NO_TIER = 255;

export const WHEELCHAIR = 1;
export const COMPANION = 2;
export const RESTRICTED = 4;
export const AISLE = 8;
const ATTRIBUTES: Record<string, number> = { wheelchair: WHEELCHAIR, companion: COMPANION, restricted_view: RESTRICTED, aisle: AISLE };

/** Tiers in the order of their price, the dearest first, as everybody may buy them. */
export function tiersOf(showtime: Showtime): Tier[] {
  const names = new Map(showtime.price_tiers.flatMap((tier) => (tier.ticket_types ?? []).map((type) => [`${tier.id} ${type.id}`, type] as const)));
  const tiers = showtime.price_tiers.map((tier) => {
    const now = showtime.prices.find((prices) => prices.tier === tier.id);
    const types = (now?.ticket_types ?? []).map((price) => {
      const type = names.get(`${tier.id} ${price.ticket_type ?? ''}`);
      return { id: price.ticket_type ?? undefined, name: type?.name ?? tier.name, description: type?.description ?? '', total: price.total };
    });
    return { id: tier.id, name: tier.name, from: now?.from ?? undefined, types };
  });
  return tiers.sort((a, b) => (b.types[0]?.total.amount ?? 0) - (a.types[0]?.total.amount ?? 0));
}

/** The outline of points: Andrew's monotone chain. */
export function hull(points: [number, number][]): [number, number][] {
  const sorted = [...points].sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  if (sorted.length < 3) return sorted;
  const half = (of: [number, number][]) => {
    const out: [number, number][] = [];
    for (const p of of) {
      while (out.length >= 2) {
        const [a, b] = [out[out.length - 2] as [number, number], out[out.length - 1] as [number, number]];
        if ((b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0]) > 0) break;
        out.pop();
      }
      out.push(p);
    }
    return out.slice(0, -1);
  };
  return [...half(sorted), ...half(sorted.reverse())];
}

function shapeOf(raw: unknown): Shape | undefined {
  if (!raw || typeof raw !== 'object') return undefined;
  const of = raw as Record<string, unknown>;
  const at = (value: unknown): [number, number] => {
    const p = (value ?? {}) as { x?: number; y?: number };
    return [Number(p.x) || 0, Number(p.y) || 0];
  };
  const [x, y] = at(of.position);
  const part = (name: string) => (of[name] ?? {}) as Record<string, unknown>;
  const text = String(part('text').text ?? '');
  const size = Number(part('text').size) || 16;
  const base = { rx: 0, ry: 0, text, size };
  switch (of.shape) {
    case 'rectangle': {
      const [w, h] = [Number(part('rectangle').width) || 0, Number(part('rectangle').height) || 0];
      return { ...base, kind: 'rectangle', points: [[x, y], [x + w, y], [x + w, y + h], [x, y + h]] };
    }
    case 'polygon': {
      const points = (part('polygon').points as unknown[] | undefined) ?? [];
      return { ...base, kind: 'polygon', points: points.map((p) => at(p)).map(([px, py]) => [x + px, y + py] as [number, number]) };
    }
    case 'circle': {
      const r = Number(part('circle').radius) || 0;
      return { ...base, kind: 'circle', points: [[x, y]], rx: r, ry: r };
    }
    case 'ellipse': {
      const r = at((of.ellipse as { radius?: unknown } | undefined)?.radius);
      return { ...base, kind: 'ellipse', points: [[x, y]], rx: r[0], ry: r[1] };
    }
    case 'text':
      return { ...base, kind: 'text', points: [[x, y]] };
    default:
      return undefined;
  }
}

export class House {
  readonly count: number;
  readonly x: Float32Array;
  readonly y: Float32Array;
  readonly tier: Uint8Array;
  readonly section: Uint16Array;
  readonly attributes: Uint8Array;
  readonly ids: string[];
  readonly labels: string[];
  readonly numbers: string[];
  /** The label of each seat's row. */
  readonly rowOf: string[];
  readonly states: Uint8Array;
  readonly areaFree: Uint32Array;
  readonly sections: Section[] = [];
  readonly areas: Area[] = [];
  /** Shapes that are only drawn: the stage, columns, texts. */
  readonly decoration: Shape[] = [];
  /** Left, top, right, bottom of everything. */
  readonly bounds: [number, number, number, number];
  /** Usual distance of neighbours. */
  readonly pitch: number;
  readonly focal: [number, number];
  /** Whether states were read yet: until then nothing is said of what is free. */
  known = false;
  /** Free seats by section and by tier, of the tiers and kinds that are shown. */
  readonly freeInSection: Uint32Array;

  constructor(geometry: Geometry, readonly tiers: Tier[], showtime: Showtime) {
    const places = geometry.places;
    const n = (this.count = places.length);
    this.x = new Float32Array(n);
    this.y = new Float32Array(n);
    this.tier = new Uint8Array(n).fill(NO_TIER);
    this.section = new Uint16Array(n);
    this.attributes = new Uint8Array(n);
    this.states = new Uint8Array(n).fill(BLOCKED);
    this.ids = new Array<string>(n);
    this.labels = new Array<string>(n);
    this.numbers = new Array<string>(n);
    this.rowOf = new Array<string>(n);
    const tierOf = geometry.categories.map((category) => {
      const id = showtime.price_tiers.find((tier) => tier.categories.includes(category.name))?.id;
      const at = tiers.findIndex((tier) => tier.id === id);
      return at < 0 ? NO_TIER : at;
    });
    places.forEach((place, i) => {
      const row = geometry.rows[place.row];
      this.x[i] = place.x;
      this.y[i] = place.y;
      this.tier[i] = tierOf[place.category] ?? NO_TIER;
      this.section[i] = row?.section ?? 0;
      this.attributes[i] = (place.attributes ?? []).reduce((bits, name) => bits | (ATTRIBUTES[name] ?? 0), 0);
      this.ids[i] = place.id;
      this.labels[i] = place.label;
      this.numbers[i] = place.number;
      this.rowOf[i] = row?.label ?? '';
    });
    this.pitch = this.usualPitch(geometry.runs);
    this.readAreas(geometry, tierOf);
    this.readSections(geometry);
    this.freeInSection = new Uint32Array(this.sections.length);
    this.areaFree = new Uint32Array(geometry.areas.length);
    this.focal = [geometry.focal_point.x, geometry.focal_point.y];
    this.bounds = this.readBounds();
  }

  private usualPitch(runs: number[][]): number {
    const steps: number[] = [];
    for (const [first = 0, length = 0] of runs) {
      if (length < 2 || steps.length > 400) continue;
      steps.push(Math.hypot((this.x[first + 1] as number) - (this.x[first] as number), (this.y[first + 1] as number) - (this.y[first] as number)));
    }
    steps.sort((a, b) => a - b);
    return steps[steps.length >> 1] || 20;
  }

  private readAreas(geometry: Geometry, tierOf: number[]): void {
    geometry.areas.forEach((area, index) => {
      const shape = shapeOf(area.shape);
      if (area.capacity === 0) {
        if (shape) this.decoration.push(shape);
        return;
      }
      const points = shape?.points ?? [];
      const center: [number, number] = points.length ? [points.reduce((s, p) => s + p[0], 0) / points.length, points.reduce((s, p) => s + p[1], 0) / points.length] : [0, 0];
      const tier = area.category === null || area.category === undefined ? NO_TIER : (tierOf[area.category] ?? NO_TIER);
      this.areas.push({ index, id: area.id, name: area.name, section: area.section, tier, capacity: area.capacity, shape, center });
    });
  }

  private readSections(geometry: Geometry): void {
    const rows = new Map<string, Row>();
    geometry.rows.forEach((row) => {
      // One physical row may be several of the plan's.
      const key = `${row.section} ${row.label || rows.size}`;
      const seats = Array.from({ length: row.len }, (_, i) => row.first + i);
      const known = rows.get(key);
      if (known) known.seats.push(...seats);
      else rows.set(key, { label: row.label, section: row.section, seats });
    });
    const margin = this.pitch * 0.7;
    geometry.sections.forEach((section, index) => {
      const own = [...rows.values()].filter((row) => row.section === index);
      for (const row of own) row.seats.sort((a, b) => (this.x[a] as number) - (this.x[b] as number) || (this.y[a] as number) - (this.y[b] as number));
      const seats = own.flatMap((row) => row.seats);
      const corners = seats.flatMap((i) => [[-1, -1], [1, -1], [1, 1], [-1, 1]].map(([dx = 0, dy = 0]) => [(this.x[i] as number) + dx * margin, (this.y[i] as number) + dy * margin] as [number, number]));
      const outline = hull(corners);
      const mean = (k: 0 | 1) => (seats.length ? seats.reduce((s, i) => s + ((k ? this.y : this.x)[i] as number), 0) / seats.length : 0);
      this.sections.push({ index, id: section.id, name: section.name, rows: own, seats, hull: outline, center: [mean(0), mean(1)] });
    });
  }

  private readBounds(): [number, number, number, number] {
    let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
    const add = (x: number, y: number, by = 0) => {
      left = Math.min(left, x - by);
      right = Math.max(right, x + by);
      top = Math.min(top, y - by);
      bottom = Math.max(bottom, y + by);
    };
    for (let i = 0; i < this.count; i++) add(this.x[i] as number, this.y[i] as number, this.pitch);
    for (const shape of [...this.decoration, ...this.areas.flatMap((a) => (a.shape ? [a.shape] : []))]) {
      for (const [x, y] of shape.points) {
        add(x - shape.rx, y - shape.ry);
        add(x + shape.rx, y + shape.ry);
      }
    }
    return Number.isFinite(left) ? [left, top, right, bottom] : [0, 0, 100, 100];
  }

  /** Counts what is free, as far as it is shown. */
  recount(shows: (tier: number, attributes: number) => boolean): void {
    this.freeInSection.fill(0);
    for (let i = 0; i < this.count; i++) {
      if (this.states[i] === FREE && shows(this.tier[i] as number, this.attributes[i] as number)) this.freeInSection[this.section[i] as number]! += 1;
    }
    for (const area of this.areas) {
      if (shows(area.tier, 0)) this.freeInSection[area.section] = (this.freeInSection[area.section] ?? 0) + (this.areaFree[area.index] ?? 0);
    }
  }
}
