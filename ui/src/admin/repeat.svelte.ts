//! Asks again and again while a page is shown and somebody looks at it; never twice at a time.
import { onMount } from 'svelte';

/** To be called while a page is made. */
export function repeat(everyMs: number, ask: () => Promise<void>): void {
  onMount(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let over = false;
    const next = async () => {
      if (!document.hidden) await ask();
      if (!over) timer = setTimeout(next, everyMs);
    };
    void next();
    return () => {
      over = true;
      clearTimeout(timer);
    };
  });
}
