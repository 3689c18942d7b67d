//! Addresses name pages; the server's list (`api/src/ui/mod.rs`) is the same.
import { expect, test } from 'vitest';
import { routeOf } from './router.svelte';

test.each([
  ['/', 'browse', ''], ['/e/evt_1', 'event', 'evt_1'], ['/s/sht_1', 'seats', 'sht_1'], ['/c/hld_1', 'checkout', 'hld_1'], ['/o/ord_1', 'order', 'ord_1'], ['/t/tkt_1', 'ticket', 'tkt_1'],
  ['/find', 'find', ''], ['/account', 'account', ''], ['/account/x', 'none', ''], ['/terms', 'text', 'terms'], ['/admin', 'admin', ''], ['/admin/', 'admin', ''], ['/admin/house/sht_1', 'admin', 'house/sht_1'], ['/administrator', 'none', ''], ['/e', 'none', ''], ['/e/a/b', 'none', ''], ['/nothing', 'none', ''], ['/docs', 'none', ''],
])('%s is %s', (path, page, id) => expect(routeOf(path)).toEqual({ page, id }));
