//! Writes a picture of every page and state, light and dark, phone and desk: `npm run screenshots -- FOLDER`. To be looked at.
import { mkdirSync } from 'node:fs';
import { api, showtimeLike, startDemo } from './demo.mjs';
import { chooseFromList, close, DESK, fillIn, live, pay, PHONE, state, visitor } from './visitor.mjs';

const folder = process.argv[2] ?? new URL('../screenshots', import.meta.url).pathname;
mkdirSync(folder, { recursive: true });
const demo = process.env.USHER_UI_URL ? { url: process.env.USHER_UI_URL, key: process.env.USHER_KEY, stop: async () => undefined } : await startDemo();
const wanted = process.argv[3] ?? '';

const found = await api(demo, 'GET', '/api/v1/search?limit=100');
const at = (venue) => found.items.flatMap((e) => e.showtimes.map((s) => ({ ...s, event: e.id }))).find((s) => s.venue_name === venue && s.state === 'on_sale');
const many = found.items.filter((e) => e.image).sort((a, b) => b.showtimes_total - a.showtimes_total)[0];
const small = await showtimeLike(demo, 'Theater am Ufer');
// One with some seats gone.
for (let i = 0; i < 12; i++) await api(demo, 'POST', `/api/v1/showtimes/${small.id}/holds`, { best_available: { quantity: 4 } });

for (const [name, options] of Object.entries({
  'desk-light': DESK,
  'phone-dark': PHONE,
  'desk-dark': { ...DESK, colorScheme: 'dark' },
  'phone-light': { ...PHONE, colorScheme: 'light' },
})) {
  if (!name.includes(wanted)) continue;
  const page = await visitor(options);
  const shot = async (what, fullPage = true) => {
    await page.evaluate(() => Promise.all([...document.images].map((i) => (i.loading = 'eager') && i.decode().catch(() => 0))));
    await page.screenshot({ path: `${folder}/${what}-${name}.png`, fullPage });
  };
  const see = async (what, path, ready, full) => {
    await page.goto(demo.url + path);
    await page.locator('h1').waitFor();
    if (ready) await ready();
    await shot(what, full);
  };
  await see('browse', '/', () => page.locator('.event').first().waitFor(), false);
  await see('browse-search', '/?q=night', () => page.locator('mark').first().waitFor(), false);
  await see('event', `/e/${many.id}`, () => page.locator('.showtime').first().waitFor());
  await page.getByRole('button', { name: 'Month', exact: true }).click();
  await shot('event-month');
  await see('seats', `/s/${small.id}`, () => live(page), false);
  await chooseFromList(page, 2);
  await shot('seats-chosen', false);
  await shot('seats-whole');
  for (const [what, venue] of [['house-large', 'Nordhafen Arena'], ['house-old', 'Théâtre des Marées']]) {
    const of = at(venue);
    if (of) await see(what, `/s/${of.id}`, () => live(page), false);
  }
  const standing = at('Kesselhaus');
  if (standing) await see('areas', `/s/${standing.id}`, () => page.locator('.area').first().waitFor(), false);
  await page.goto(`${demo.url}/s/${small.id}`);
  await live(page);
  await page.getByRole('button', { name: /^Best/ }).click();
  await fillIn(page);
  await shot('checkout');
  await page.getByLabel('Name', { exact: true }).fill('');
  await page.getByRole('button', { name: /^Pay/ }).click();
  await shot('checkout-wrong');
  await fillIn(page);
  await page.getByRole('button', { name: /^Pay/ }).click();
  await page.locator('input[name=number]').waitFor();
  await page.goBack();
  await page.getByRole('heading', { name: 'Not paid yet' }).first().waitFor();
  await shot('order-unpaid');
  await page.getByRole('link', { name: /^Pay/ }).click();
  await pay(page);
  await state(page, 'paid');
  await page.locator('.pass').first().waitFor();
  await shot('order');
  await page.getByRole('link', { name: 'Show large' }).first().click();
  await page.locator('.pass').first().waitFor();
  await shot('ticket');
  await see('find', '/find');
  await see('account', '/account');
  await see('account-link', '/account#usl_x');
  await see('help', '/help');
  await see('none', '/nothing');
  // Staff.
  await see('staff-sign-in', '/admin');
  await page.evaluate((key) => sessionStorage.setItem('usher.staff-key', key), demo.key);
  for (const [what, path, ready] of [['today', '', '.ticket'], ['house', `/house/${small.id}`, 'td[data-count]'], ['sale', `/sale/${small.id}`, 'input[type=number]'], ['orders', '/orders', 'tr[data-order]'], ['door', `/door/${small.id}`, '.verdict'], ['cluster', '/cluster', '[data-health=good]']]) {
    await see(`staff-${what}`, `/admin${path}`, () => page.locator(ready).first().waitFor());
  }
  await page.goto(`${demo.url}/admin/sale/${small.id}`);
  await page.locator('input[type=number]').first().fill('2');
  await page.keyboard.press('Enter');
  await page.locator('.kept').waitFor();
  await shot('staff-sale-kept');
  await page.getByRole('button', { name: /^Sell for/ }).click();
  await page.locator('[data-sold]').waitFor();
  await shot('staff-sale-sold');
  const sold = await page.locator('[data-sold]').getAttribute('data-sold');
  await see('staff-order', `/admin/order/${sold}`, () => page.locator('h1[data-state]').waitFor());
  const { tickets } = await api(demo, 'GET', `/api/v1/orders/${sold}`);
  await page.goto(`${demo.url}/admin/door/${small.id}`);
  for (const verdict of ['ok', 'no']) {
    await page.getByLabel('Code or ticket number').fill(tickets[0].id);
    await page.keyboard.press('Enter');
    await page.locator(`.verdict[data-verdict=${verdict}]`).waitFor();
    await shot(`staff-door-${verdict}`, false);
  }
  await page.context().close();
}
await close();
await demo.stop();
