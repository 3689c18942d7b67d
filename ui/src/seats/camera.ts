//! Where the map is looked at from, and the fingers, wheel and buttons that move it. Nothing needs dragging: buttons and the
//! list reach everything. A tap chooses only where a seat is large enough to be meant.
import type { View } from './canvas';

/** A seat is meant from so many pixels on; below, a tap goes nearer. */
const MEANT_FROM = 24;
const GLIDE_MS = 200;
const TAP_MOVES_MAX = 8;

export type Looked = {
  /** The view has changed; a gesture runs or not. */
  onView(view: View, moving: boolean): void;
  /** A tap where seats are large enough, in the plan's own unit. */
  onTap(x: number, y: number, view: View): void;
  /** The pointer rests there, in the plan's own unit; nothing when it has gone. */
  onHover(at: { x: number; y: number; left: number; top: number } | undefined): void;
};

export class Camera {
  view: View = { scale: 1, x: 0, y: 0 };
  private width = 1;
  private height = 1;
  private readonly pointers = new Map<number, { x: number; y: number }>();
  private travelled = 0;
  private spread = 0;
  private gliding = 0;
  private resting: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly element: HTMLElement, private readonly bounds: readonly [number, number, number, number], private readonly seat: number, private readonly looked: Looked) {
    element.addEventListener('pointerdown', this.down);
    element.addEventListener('pointermove', this.move);
    element.addEventListener('pointerup', this.up);
    element.addEventListener('pointercancel', this.cancel);
    element.addEventListener('pointerleave', () => looked.onHover(undefined));
    element.addEventListener('wheel', this.wheel, { passive: false });
  }

  private fitScale(): number {
    const [left, top, right, bottom] = this.bounds;
    return Math.min(this.width / (right - left), this.height / (bottom - top)) * 0.96;
  }

  /** The window has another size; the first time everything is shown. */
  resize(width: number, height: number): void {
    const first = this.width === 1;
    [this.width, this.height] = [width, height];
    if (first) this.fit(true);
    else this.set(this.view, false);
  }

  /** Shows all of it. */
  fit(at_once = false): void {
    const [left, top, right, bottom] = this.bounds;
    this.lookAt((left + right) / 2, (top + bottom) / 2, this.fitScale(), at_once);
  }

  /** Puts a point into the middle. */
  lookAt(x: number, y: number, scale: number, at_once = false): void {
    const to = { scale: this.clamp(scale), x: 0, y: 0 };
    to.x = this.width / 2 - x * to.scale;
    to.y = this.height / 2 - y * to.scale;
    if (at_once || matchMedia('(prefers-reduced-motion: reduce)').matches) this.set(to, false);
    else this.glide(to);
  }

  /** Nearer or farther, around the middle. */
  zoom(factor: number): void {
    this.lookAt((this.width / 2 - this.view.x) / this.view.scale, (this.height / 2 - this.view.y) / this.view.scale, this.view.scale * factor);
  }

  /** A scale at which seats can be pointed at. */
  near(): number {
    return Math.max(this.view.scale, (MEANT_FROM + 4) / (this.seat * 0.78));
  }

  private clamp(scale: number): number {
    const fit = this.fitScale();
    return Math.max(fit * 0.8, Math.min(Math.max(fit * 2, 64 / this.seat), scale));
  }

  private set(view: View, moving: boolean): void {
    // Something of the house always stays in sight.
    const [left, top, right, bottom] = this.bounds;
    const keep = (at: number, low: number, high: number, room: number) => Math.max(room / 2 - high * view.scale, Math.min(room / 2 - low * view.scale, at));
    this.view = { scale: view.scale, x: keep(view.x, left, right, this.width), y: keep(view.y, top, bottom, this.height) };
    clearTimeout(this.resting);
    if (moving) this.resting = setTimeout(() => this.looked.onView(this.view, false), 120);
    this.looked.onView(this.view, moving);
  }

  private glide(to: View): void {
    cancelAnimationFrame(this.gliding);
    const from = { ...this.view };
    const began = performance.now();
    const step = (now: number) => {
      const t = Math.min(1, (now - began) / GLIDE_MS);
      const ease = 1 - (1 - t) ** 3;
      const mix = (a: number, b: number) => a + (b - a) * ease;
      this.set({ scale: mix(from.scale, to.scale), x: mix(from.x, to.x), y: mix(from.y, to.y) }, t < 1);
      if (t < 1) this.gliding = requestAnimationFrame(step);
    };
    this.gliding = requestAnimationFrame(step);
  }

  private around(factor: number, px: number, py: number): void {
    const scale = this.clamp(this.view.scale * factor);
    const f = scale / this.view.scale;
    this.set({ scale, x: px - (px - this.view.x) * f, y: py - (py - this.view.y) * f }, true);
  }

  private readonly wheel = (event: WheelEvent) => {
    event.preventDefault();
    cancelAnimationFrame(this.gliding);
    this.around(Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.0015)), event.offsetX, event.offsetY);
  };

  private readonly down = (event: PointerEvent) => {
    cancelAnimationFrame(this.gliding);
    this.element.setPointerCapture(event.pointerId);
    this.pointers.set(event.pointerId, { x: event.offsetX, y: event.offsetY });
    if (this.pointers.size === 1) this.travelled = 0;
    this.spread = 0;
  };

  private readonly move = (event: PointerEvent) => {
    const before = this.pointers.get(event.pointerId);
    const at = { x: event.offsetX, y: event.offsetY };
    if (!before) {
      if (event.pointerType === 'mouse') this.looked.onHover({ x: (at.x - this.view.x) / this.view.scale, y: (at.y - this.view.y) / this.view.scale, left: at.x, top: at.y });
      return;
    }
    this.pointers.set(event.pointerId, at);
    if (this.pointers.size === 1) {
      this.travelled += Math.abs(at.x - before.x) + Math.abs(at.y - before.y);
      if (this.travelled > TAP_MOVES_MAX) this.set({ ...this.view, x: this.view.x + at.x - before.x, y: this.view.y + at.y - before.y }, true);
      return;
    }
    const [a, b] = [...this.pointers.values()];
    if (!a || !b) return;
    const spread = Math.hypot(a.x - b.x, a.y - b.y);
    if (this.spread) this.around(spread / this.spread, (a.x + b.x) / 2, (a.y + b.y) / 2);
    this.spread = spread;
    this.travelled = Number.POSITIVE_INFINITY;
  };

  private readonly cancel = (event: PointerEvent) => {
    this.pointers.delete(event.pointerId);
    this.spread = 0;
  };

  private readonly up = (event: PointerEvent) => {
    this.cancel(event);
    if (this.travelled > TAP_MOVES_MAX || this.pointers.size) return;
    const [x, y] = [(event.offsetX - this.view.x) / this.view.scale, (event.offsetY - this.view.y) / this.view.scale];
    this.looked.onTap(x, y, this.view);
  };

  /** Whether a tap means a seat. */
  means(): boolean {
    return this.seat * 0.78 * this.view.scale >= MEANT_FROM - 0.5;
  }
}
