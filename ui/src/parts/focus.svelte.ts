//! Where the focus goes: a new page is told to whoever cannot see it, so it goes to the page's heading once that is there.
import { tick } from 'svelte';
import { here } from '../router.svelte';

/** How long a page may take to have its heading. */
const PATIENCE_MS = 10_000;

/** To be called while a frame is made; says where pages are shown. */
export function followPages(main: () => HTMLElement | undefined): void {
  let before = here.path;
  $effect(() => {
    const path = here.path;
    if (path === before) return;
    before = path;
    const heading = () => main()?.querySelector<HTMLElement>('h1');
    const focus = () => {
      const h1 = heading();
      if (!h1) return false;
      h1.tabIndex = -1;
      h1.focus({ preventScroll: true });
      return true;
    };
    tick().then(() => {
      if (focus()) return;
      const watch = new MutationObserver(() => focus() && watch.disconnect());
      watch.observe(main() as HTMLElement, { childList: true, subtree: true });
      setTimeout(() => watch.disconnect(), PATIENCE_MS);
    });
  });
}
