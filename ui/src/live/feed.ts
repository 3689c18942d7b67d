//! Follows a showtime's seats: subscribes, reads the snapshot, applies frames in their order, and begins anew wherever
//! one is missing. When sockets fail it asks every few seconds instead. Deliberately not here: what is done with states.
import { type Frame, type Snapshot, readFrame } from './wire';

export type Status = 'connecting' | 'live' | 'stale' | 'polling';

/** A browser's socket, or a test's. */
export type Socket = { send(text: string): void; close(): void; onopen: unknown; onmessage: unknown; onclose: unknown; binaryType: string };

export type Watched = {
  /** Opens a socket; so many have failed since one was good. */
  open(failures: number): Socket;
  /** Reads the snapshot at this log index or later. */
  snapshot(index: number): Promise<Snapshot>;
  /** All states are these from now on. */
  onSnapshot(snapshot: Snapshot): void;
  /** These have changed. */
  onFrame(frame: Frame): void;
  onStatus(status: Status): void;
};

/** The server says something every 10 s. */
const SILENCE_MS = 25_000;
const RETRY_FIRST_MS = 500;
const RETRY_LAST_MS = 20_000;
/** So many sockets fail before we ask instead; how often then. */
const FAILURES_BEFORE_POLLING = 3;
const POLL_MS = 5_000;
/** A viewer that nobody looks at lets its socket go. */
const HIDDEN_MS = 300_000;
const BUFFERED_MAX = 2_000;

export class Feed {
  index = -1;
  private epoch = -1;
  private waiting: Frame[] = [];
  private loading = false;
  private failures = 0;
  private stopped = false;
  private socket: Socket | undefined;
  private timers = new Map<string, ReturnType<typeof setTimeout>>();

  constructor(private readonly showtime: string, private readonly watched: Watched) {}

  start(): void {
    this.connect();
    document.addEventListener('visibilitychange', this.seen);
    addEventListener('online', this.online);
  }

  stop(): void {
    this.stopped = true;
    for (const timer of this.timers.values()) clearTimeout(timer);
    document.removeEventListener('visibilitychange', this.seen);
    removeEventListener('online', this.online);
    this.socket?.close();
  }

  private later(name: string, ms: number, what: () => void): void {
    clearTimeout(this.timers.get(name));
    this.timers.set(name, setTimeout(what, ms));
  }

  private readonly online = () => {
    if (!this.socket) this.later('connect', Math.random() * 1_000, () => this.connect());
  };

  private readonly seen = () => {
    if (document.hidden) this.later('hidden', HIDDEN_MS, () => this.socket?.close());
    else {
      clearTimeout(this.timers.get('hidden'));
      this.online();
    }
  };

  private connect(): void {
    if (this.stopped || this.socket) return;
    if (this.failures < FAILURES_BEFORE_POLLING) this.watched.onStatus('connecting');
    const socket = this.watched.open(this.failures);
    this.socket = socket;
    socket.binaryType = 'arraybuffer';
    this.later('silence', SILENCE_MS, () => socket.close());
    socket.onopen = () => socket.send(JSON.stringify({ subscribe: { showtime: this.showtime } }));
    socket.onmessage = ({ data }: { data: string | ArrayBuffer }) => {
      this.later('silence', SILENCE_MS, () => socket.close());
      this.hear(data);
    };
    socket.onclose = () => this.lost(socket);
  }

  private lost(socket: Socket): void {
    if (this.socket !== socket) return;
    this.socket = undefined;
    clearTimeout(this.timers.get('silence'));
    clearTimeout(this.timers.get('good'));
    if (this.stopped) return;
    this.failures += 1;
    const polls = this.failures >= FAILURES_BEFORE_POLLING;
    this.watched.onStatus(polls ? 'polling' : 'stale');
    if (polls) this.poll();
    const most = Math.min(RETRY_LAST_MS, RETRY_FIRST_MS * 2 ** (this.failures - 1));
    if (!document.hidden) this.later('connect', most / 2 + (Math.random() * most) / 2, () => this.connect());
  }

  private poll(): void {
    if (this.stopped || this.failures < FAILURES_BEFORE_POLLING) return;
    this.watched.snapshot(0).then((s) => this.begin(s)).catch(() => this.watched.onStatus('stale')).finally(() => this.later('poll', POLL_MS, () => this.poll()));
  }

  private hear(data: string | ArrayBuffer): void {
    if (typeof data !== 'string') {
      try {
        this.take(readFrame(data));
      } catch {
        // What cannot be read may have been a change: begin anew.
        this.socket?.close();
      }
      return;
    }
    const said = JSON.parse(data) as { subscribed?: { index: number }; resync?: object; heartbeat?: number };
    if (said.subscribed) {
      this.later('good', 10_000, () => (this.failures = 0));
      this.load(said.subscribed.index);
    } else if (said.resync) {
      // A new `subscribed` follows with the index to begin at.
      this.watched.onStatus('stale');
    } else if (typeof said.heartbeat === 'number' && !this.loading) {
      this.index = Math.max(this.index, said.heartbeat);
    }
  }

  private load(index: number): void {
    if (this.loading) return;
    this.loading = true;
    this.watched
      .snapshot(index)
      .then((snapshot) => {
        this.loading = false;
        this.failures = Math.min(this.failures, FAILURES_BEFORE_POLLING - 1);
        this.begin(snapshot);
        this.watched.onStatus('live');
        const waiting = this.waiting.splice(0);
        waiting.forEach((frame) => this.take(frame));
      })
      .catch(() => {
        this.loading = false;
        this.watched.onStatus('stale');
        this.later('load', 500 + Math.random() * 1_500, () => this.load(index));
      });
  }

  private begin(snapshot: Snapshot): void {
    if (snapshot.epoch === this.epoch && snapshot.index < this.index) return;
    this.index = snapshot.index;
    this.epoch = snapshot.epoch;
    this.watched.onSnapshot(snapshot);
  }

  /** Drops what is known, applies what follows, and begins anew at a gap or in another epoch. */
  private take(frame: Frame): void {
    if (this.loading) {
      if (this.waiting.length < BUFFERED_MAX) this.waiting.push(frame);
      return;
    }
    if (frame.epoch === this.epoch && frame.to <= this.index) return;
    if (frame.epoch !== this.epoch || frame.from > this.index) {
      this.watched.onStatus('stale');
      this.waiting.push(frame);
      this.load(frame.to);
      return;
    }
    this.index = frame.to;
    this.watched.onFrame(frame);
  }
}
