//! Staff at work: signing in, the house and what is off sale, a sale by keyboard alone, orders and giving back, the door, the
//! cluster.
import assert from 'node:assert/strict';
import { api, showtimeLike, until } from './demo.mjs';
import { barriers, DESK, live, PHONE, visitor } from './visitor.mjs';

/** A sale at the desk may take as long, from the first key to the ticket. */
const SALE_MS = 15_000;

/** Somebody of staff, signed in with the demo's key. */
async function clerk(demo, path, options = DESK) {
  const page = await visitor(options);
  await page.addInitScript((key) => sessionStorage.getItem('usher.staff-key') ?? sessionStorage.setItem('usher.staff-key', key), demo.key);
  await page.goto(demo.url + path);
  return page;
}
/** A sale through the interface, for what comes after one. */
async function sold(demo, showtime, quantity, buyer) {
  const hold = await api(demo, 'POST', `/api/v1/showtimes/${showtime}/holds`, { best_available: { quantity } });
  return api(demo, 'POST', '/api/v1/orders', { holds: [hold.id], payment: { method: 'box_office', kind: 'cash' }, ...(buyer ? { buyer } : {}) });
}
const good = (page) => assert.deepEqual(page.complaints, []);

export const staff = (demo) => ({
  'staff: a wrong key is refused in words, a right one opens the day, signing out closes it': async () => {
    const page = await visitor(DESK);
    await page.goto(`${demo.url}/admin/orders`);
    await page.getByLabel('API key').fill('usk_wrong');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { name: 'This key is not known' }).waitFor();
    assert.deepEqual(await barriers(page), []);
    await page.getByLabel('API key').fill(demo.key);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Orders', level: 1 }).waitFor();
    await page.getByRole('link', { name: 'Today', exact: true }).click();
    await page.locator('.ticket').first().waitFor();
    await page.reload();
    await page.locator('.ticket').first().waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('API key').waitFor();
    good(page);
  },

  'staff: who was invited follows the link, works, and signs in again by password': async () => {
    const { items } = await api(demo, 'GET', '/api/v1/organizations?limit=1');
    const [email, password] = [`grace${Date.now()}@example.org`, 'correct horse battery'];
    await api(demo, 'POST', `/api/v1/organizations/${items[0].id}/invitations`, { email, role: 'owner' });
    const mails = await api(demo, 'GET', '/api/v1/mails?limit=100');
    const link = /#usl_\S+/.exec(mails.items.findLast((mail) => mail.to === email).text)[0];
    const page = await visitor(PHONE);
    await page.goto(`${demo.url}/account${link}`);
    await page.getByLabel('Name').fill('Grace Hopper');
    await page.getByLabel('New password').fill(password);
    assert.deepEqual(await barriers(page), []);
    await page.getByRole('button', { name: 'Go on' }).click();
    await page.getByText('Grace Hopper').waitFor();
    assert.equal(await page.evaluate(() => document.cookie), '', 'no script sees the session');
    await page.getByRole('link', { name: 'To the pages for staff' }).click();
    await page.locator('.ticket').first().waitFor();
    await page.getByRole('link', { name: 'Orders', exact: true }).click();
    await page.getByRole('heading', { name: 'Orders', level: 1 }).waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('link', { name: 'Sign in with your address' }).click();
    await page.getByLabel('E-mail').first().fill(email);
    await page.getByLabel('Password').fill('another password');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { name: 'Address and password do not belong together' }).waitFor();
    assert.deepEqual(await barriers(page), []);
    await page.getByLabel('Password').fill(password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.waitForURL(`${demo.url}/admin`);
    await page.locator('.ticket').first().waitFor();
    await page.goto(`${demo.url}/account${link}`);
    await page.getByLabel('New password').fill(password);
    await page.getByRole('button', { name: 'Go on' }).click();
    await page.getByRole('heading', { name: 'This link is not good any more' }).waitFor();
    good(page);
  },

  'staff: what a key may not do is said plainly': async () => {
    const key = await api(demo, 'POST', '/api/v1/keys', { name: 'door only', scopes: ['scan'] });
    const page = await visitor(DESK);
    await page.goto(`${demo.url}/admin/orders`);
    await page.getByLabel('API key').fill(key.key ?? key.token ?? key.secret);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Your key may not do this' }).waitFor();
    good(page);
  },

  'staff: places are taken off sale and given back, which a buyer sees at once': async () => {
    const { id } = await showtimeLike(demo, 'Theater am Ufer');
    const page = await clerk(demo, `/admin/house/${id}`);
    await live(page);
    const buyer = await visitor(PHONE);
    await buyer.goto(`${demo.url}/s/${id}`);
    await live(buyer);
    const grid = page.getByRole('grid');
    for (let i = 0; i < 2; i++) await grid.getByRole('gridcell', { name: /available/, selected: false }).first().click();
    await page.getByLabel('Reason').fill('Camera');
    await page.getByRole('button', { name: 'Block 2 places' }).click();
    await page.locator('[data-block]').getByText('Camera').waitFor();
    await until('counts', async () => (await page.locator('td[data-count=blocked]').textContent()) === '2');
    await buyer.getByRole('gridcell', { name: /not on sale/ }).nth(1).waitFor();
    assert.deepEqual(await barriers(page), []);
    await page.getByRole('button', { name: 'Give back' }).click();
    await page.getByRole('dialog').getByText('2 places can be bought again').waitFor();
    assert.deepEqual(await barriers(page), []);
    await page.getByRole('dialog').getByRole('button', { name: 'Give back' }).click();
    await until('counts', async () => (await page.locator('td[data-count=blocked]').textContent()) === '0');
    await until('free again', async () => (await buyer.getByRole('gridcell', { name: /not on sale/ }).count()) === 0);
    good(page);
  },

  'staff: whose a seat is, by a link to the order': async () => {
    const { id } = await showtimeLike(demo, 'Theater am Ufer');
    const order = await sold(demo, id, 1, { name: 'Grace Hopper', email: 'grace@example.org' });
    const page = await clerk(demo, `/admin/house/${id}`);
    await live(page);
    await page.getByRole('gridcell', { name: /, sold/ }).click();
    await page.getByRole('link', { name: 'Grace Hopper' }).click();
    await page.locator('h1[data-state=paid]').waitFor();
    assert.ok(page.url().endsWith(`/admin/order/${order.id}`));
    good(page);
  },

  'staff: a sale at the desk by keyboard alone, in time, twice': async () => {
    const { id } = await showtimeLike(demo, 'Theater am Ufer');
    const page = await clerk(demo, `/admin/sale/${id}`);
    await page.waitForFunction(() => document.activeElement?.getAttribute('type') === 'number');
    for (const quantity of ['3', '2']) {
      const began = Date.now();
      await page.keyboard.type(quantity);
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { name: /^Kept for/ }).waitFor();
      await page.waitForFunction(() => document.activeElement?.textContent?.startsWith('Sell for'));
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { name: /^Sold/ }).waitFor();
      const took = Date.now() - began;
      assert.ok(took < SALE_MS, `it took ${took} ms`);
      assert.equal(await page.locator('.pass').count(), Number(quantity));
      assert.deepEqual(await barriers(page), []);
      await page.waitForFunction(() => document.activeElement?.textContent === 'Next sale');
      await page.keyboard.press('Enter');
      await page.waitForFunction(() => document.activeElement?.getAttribute('type') === 'number');
    }
    const { places } = await api(demo, 'GET', `/api/v1/showtimes/${id}/availability`);
    assert.deepEqual([places.sold, places.held], [5, 0]);
    // Escape gives back what was found.
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: /^Kept for/ }).waitFor();
    assert.deepEqual(await barriers(page), []);
    await page.keyboard.press('Escape');
    await until('given back', async () => (await api(demo, 'GET', `/api/v1/showtimes/${id}/availability?consistency=linearizable`)).places.held === 0);
    good(page);
  },

  'staff: an order is found by its buyer, and a ticket given back for the sum that was named': async () => {
    const { id } = await showtimeLike(demo, 'Theater am Ufer');
    const name = `Emmy ${id.slice(-6)}`;
    const order = await sold(demo, id, 2, { name, email: 'emmy@example.org' });
    const page = await clerk(demo, '/admin/orders');
    await page.getByRole('searchbox').fill(name);
    await page.keyboard.press('Enter');
    await until('one order', async () => (await page.locator('tr[data-order]').count()) === 1);
    assert.deepEqual(await barriers(page), []);
    await page.locator(`tr[data-order=${order.id}] a`).click();
    await page.getByRole('checkbox', { name: order.tickets[0].label }).check();
    const named = (await page.locator('[data-preview]').textContent()).replace(/[^\d.]/g, '');
    assert.deepEqual(await barriers(page), []);
    await page.getByRole('button', { name: 'Give back 1 ticket' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Give back 1 ticket' }).click();
    await page.locator('h1[data-state=partly_refunded]').waitFor();
    const after = await api(demo, 'GET', `/api/v1/orders/${order.id}`);
    assert.equal(after.refunds[0].amount.amount, Math.round(Number(named) * 100));
    await page.getByRole('button', { name: 'Cancel the order' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel the order' }).click();
    await page.locator('h1[data-state=refunded]').waitFor();
    good(page);
  },

  'staff: the door lets a ticket in once, by typed number, by a code and by camera': async () => {
    const { id } = await showtimeLike(demo, 'Theater am Ufer');
    const { tickets } = await sold(demo, id, 3);
    // As they are printed: most codes have spaces within.
    const [seen, typed] = await Promise.all(tickets.slice(1).map(async (of) => (await api(demo, 'GET', `/api/v1/tickets/${of.id}`)).code));
    const page = await clerk(demo, `/admin/door/${id}`, PHONE);
    // A camera that sees the second ticket, and a detector as phones have one.
    await page.addInitScript((text) => {
      window.BarcodeDetector = class { static getSupportedFormats = async () => ['qr_code']; detect = async () => [{ rawValue: text }]; };
      navigator.mediaDevices.getUserMedia = async () => document.createElement('canvas').captureStream();
    }, seen);
    await page.reload();
    const code = page.getByLabel('Code or ticket number');
    const verdict = (of) => page.locator(`.verdict[data-verdict=${of}]`).first();
    await code.fill(tickets[0].id);
    await page.keyboard.press('Enter');
    await verdict('ok').getByText('Come in').waitFor();
    assert.deepEqual(await barriers(page), []);
    await code.fill(tickets[0].id);
    await page.keyboard.press('Enter');
    await verdict('no').getByText('Already used').waitFor();
    assert.deepEqual(await barriers(page), []);
    await code.fill(typed);
    await page.keyboard.press('Enter');
    await verdict('ok').getByText(tickets[2].label).waitFor();
    await code.fill('WIFI:S:foyer');
    await page.keyboard.press('Enter');
    await verdict('no').getByText('Not a ticket’s code').waitFor();
    await page.getByRole('button', { name: 'Scan with the camera' }).click();
    await verdict('ok').getByText(tickets[1].label).waitFor();
    await until('all are in', async () => (await page.locator('[data-attendance]').textContent()).startsWith('3 inside'));
    assert.ok((await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)) <= 0);
    good(page);
  },

  'staff: every page is without barriers, light and dark, wide and narrow': async () => {
    const { id } = await showtimeLike(demo, 'Theater am Ufer');
    const order = await sold(demo, id, 2);
    for (const options of [DESK, PHONE, { ...PHONE, viewport: { width: 320, height: 640 }, colorScheme: 'light' }]) {
      const page = await clerk(demo, '/admin', options);
      for (const [path, ready] of [['', '.ticket'], [`/house/${id}`, '[role=grid]'], [`/sale/${id}`, 'input[type=number]'], ['/orders', 'tr[data-order]'], [`/order/${order.id}`, 'h1[data-state]'], ['/door', 'main li a'], [`/door/${id}`, '.verdict'], ['/cluster', '[data-node]'], ['/nothing', 'h1']]) {
        await page.goto(`${demo.url}/admin${path}`);
        await page.locator(ready).first().waitFor();
        assert.deepEqual(await barriers(page), [], `${path} at ${options.viewport.width}`);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(wide <= 0, `${path} is ${wide} px too wide at ${options.viewport.width}`);
      }
      good(page);
      await page.context().close();
    }
  },

  'staff: leadership moves after a question, and the page tells it': async () => {
    const page = await clerk(demo, '/admin/cluster');
    await page.locator('[data-health=good]').waitFor();
    const before = await page.locator('[data-role=leader]').getAttribute('data-node');
    const next = page.locator('[data-node]:not([data-role=leader])').first();
    const id = await next.getAttribute('data-node');
    await next.getByRole('button', { name: 'Let it lead' }).click();
    await page.getByRole('dialog').getByText('nothing is lost').waitFor();
    assert.deepEqual(await barriers(page), []);
    await page.getByRole('dialog').getByRole('button', { name: 'Let it lead' }).click();
    await page.locator(`[data-node="${id}"][data-role=leader]`).waitFor();
    await page.locator('.changes li').filter({ hasText: 'leads now' }).first().waitFor();
    assert.notEqual(id, before);
    good(page);
  },
});
