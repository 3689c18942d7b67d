//! The cluster's time in this browser: the visitor's clock may be hours off, and may jump when a laptop wakes.

/** The server's time less the browser's, in ms. */
export class Skew {
  private offset = 0;

  constructor(private readonly browser: () => number = Date.now) {}

  /** Learns it from an answer that says what time it is. Half the way there is too little to matter. */
  learn(now: string | undefined): void {
    const server = now ? Date.parse(now) : Number.NaN;
    if (!Number.isNaN(server)) this.offset = server - this.browser();
  }

  /** Milliseconds until a time of the server's; 0 once it has passed. */
  until(at: string): number {
    return Math.max(0, Date.parse(at) - this.browser() - this.offset);
  }
}

/** `4:05` */
export function minutes(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
