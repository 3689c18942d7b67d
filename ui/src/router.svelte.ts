//! Addresses and pages: which page an address names, and going from one to the next without loading anew.
//! Deliberately not here: what the pages show.

/** What an address names. */
export type Route = { page: 'browse' | 'event' | 'seats' | 'checkout' | 'order' | 'ticket' | 'find' | 'account' | 'text' | 'admin' | 'none'; id: string };

const OF_THINGS: Record<string, Route['page']> = { e: 'event', s: 'seats', c: 'checkout', o: 'order', t: 'ticket' };
const TEXTS = ['help', 'accessibility', 'terms', 'privacy'];

/** The page at an address. */
export function routeOf(path: string): Route {
  const staff = /^\/admin(?:\/|$)(.*?)\/?$/.exec(path);
  if (staff) return { page: 'admin', id: staff[1] ?? '' };
  const [first = '', id = '', more] = path.replace(/^\/+/, '').split('/');
  const page = OF_THINGS[first];
  if (page && id && more === undefined) return { page, id };
  if (first === '') return { page: 'browse', id: '' };
  if ((first === 'find' || first === 'account') && !id) return { page: first, id: '' };
  if (TEXTS.includes(first) && !id) return { page: 'text', id: first };
  return { page: 'none', id: '' };
}

/** Where the visitor is; changes with each step. */
export const here = $state({ path: location.pathname, query: location.search, hash: location.hash, steps: 0 });

function look(): void {
  if (here.path !== location.pathname) here.steps += 1;
  here.path = location.pathname;
  here.query = location.search;
  here.hash = location.hash;
}

/** Goes to an address of ours; `replace` leaves no step to come back to. */
export function go(to: string, replace = false): void {
  const step = () => {
    history[replace ? 'replaceState' : 'pushState'](null, '', to);
    const moved = here.path !== location.pathname;
    look();
    if (moved && !replace) scrollTo(0, 0);
  };
  step();
}

addEventListener('popstate', look);
addEventListener('hashchange', look);
document.addEventListener('click', (event) => {
  const link = (event.target as Element | null)?.closest?.('a');
  const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
  if (!link || !plain || event.defaultPrevented || link.target || link.hasAttribute('download') || link.origin !== location.origin) return;
  // From the public pages to those of staff and back the page is loaded anew: they are two programs.
  const page = routeOf(link.pathname).page;
  const ours = page !== 'none' && (page === 'admin') === (routeOf(location.pathname).page === 'admin');
  if (!ours || (link.hash && link.pathname === location.pathname && link.search === location.search)) return;
  event.preventDefault();
  go(link.pathname + link.search + link.hash);
});
