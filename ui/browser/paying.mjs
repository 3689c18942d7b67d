//! Payments that do not go straight, time that runs out, and ways back: always the same order, and never a second charge.
import assert from 'node:assert/strict';
import { api, showtimeLike, until } from './demo.mjs';
import { barriers, buy, DESK, fillIn, live, pay, PHONE, state, visitor } from './visitor.mjs';

const toPayment = async (page, demo, id) => {
  await page.goto(`${demo.url}/s/${id}`);
  await page.getByRole('button', { name: /^Best/ }).click();
  await fillIn(page);
  await page.getByRole('button', { name: /^Pay/ }).click();
  await page.locator('input[name=number]').waitFor();
};
const orderOf = (page, demo, hold, token) => api(demo, 'GET', `/api/v1/holds/${hold}`, undefined, { more: { authorization: '', 'x-hold-token': token } });

export const paying = (demo) => ({
  'a declined card can be followed by a good one': async () => {
    const page = await visitor(PHONE);
    const { id } = await showtimeLike(demo, 'Theater am Ufer');
    await toPayment(page, demo, id);
    await pay(page, '4000 0000 0000 0002');
    await page.getByText(/declined/i).first().waitFor();
    const kept = await page.evaluate(() => undefined);
    assert.equal(kept, undefined);
    await pay(page);
    await state(page, 'paid');
  },

  'the bank asks, is answered, and the order is paid': async () => {
    const page = await visitor(DESK);
    const { id } = await showtimeLike(demo, 'Theater am Ufer');
    await toPayment(page, demo, id);
    await pay(page, '4000 0000 0000 3220');
    await page.getByRole('button', { name: 'Approve' }).click();
    await state(page, 'paid');
  },

  'a buyer who leaves the payment page finds the order waiting, and can give it up': async () => {
    const page = await visitor(DESK);
    const { id } = await showtimeLike(demo, 'Theater am Ufer');
    await toPayment(page, demo, id);
    await page.goBack();
    await page.getByRole('heading', { name: 'Not paid yet' }).first().waitFor();
    assert.deepEqual(await barriers(page), []);
    await page.goto(`${demo.url}/find`);
    await page.locator('.ticket a').first().click();
    await page.getByRole('button', { name: 'Give up' }).click();
    await state(page, 'cancelled');
  },

  'a captured payment that is refused by the bank ends without a charge': async () => {
    const page = await visitor(DESK);
    const { id } = await showtimeLike(demo, 'Theater am Ufer');
    await toPayment(page, demo, id);
    await pay(page, '4000 0000 0000 0341');
    await page.locator('h1[data-state=failed], h1[data-state=cancelled]').waitFor({ timeout: 40_000 });
  },

  'a second click, a reload and a second tab are the same hold and the same order': async () => {
    const page = await visitor(DESK);
    const { id } = await showtimeLike(demo, 'Theater am Ufer');
    await page.goto(`${demo.url}/s/${id}`);
    await page.getByRole('button', { name: /^Best/ }).click();
    await page.getByRole('heading', { name: 'Checkout' }).waitFor();
    const address = page.url();
    await page.reload();
    await fillIn(page);
    const second = await page.context().newPage();
    await second.goto(address);
    await second.getByRole('heading', { name: 'Checkout' }).waitFor();
    await second.close();
    await page.getByRole('button', { name: /^Pay/ }).dblclick();
    await page.locator('input[name=number]').waitFor();
    await pay(page);
    await state(page, 'paid');
    const order = page.url();
    await page.goto(address);
    await state(page, 'paid');
    assert.equal(page.url().split('#')[0], order.split('#')[0].split('?')[0]);
    const orders = await api(demo, 'GET', `/api/v1/orders?showtime=${id}`);
    assert.equal(orders.items.length, 1);
  },

  'back from checkout the map knows the hold, and gives it back': async () => {
    const page = await visitor(PHONE);
    const { id } = await showtimeLike(demo, 'Theater am Ufer');
    await page.goto(`${demo.url}/s/${id}`);
    await page.getByRole('button', { name: /^Best/ }).click();
    await page.getByRole('heading', { name: 'Checkout' }).waitFor();
    await page.goBack();
    await page.getByText(/You are holding 2 places/).waitFor();
    assert.deepEqual(await barriers(page), []);
    await page.getByRole('button', { name: 'Give them back' }).click();
    await until('all is free', async () => (await api(demo, 'GET', `/api/v1/showtimes/${id}/availability?consistency=linearizable`)).places.held === 0);
  },

  'time runs out: what was typed stays, and the same places can be had again': async () => {
    const page = await visitor(DESK);
    const { id } = await showtimeLike(demo, 'Theater am Ufer', { hold_ttl_seconds: 30, max_extensions: 1 });
    await page.goto(`${demo.url}/s/${id}`);
    await page.getByRole('button', { name: /^Best/ }).click();
    // Less than two minutes are left from the beginning: the question comes at once, and its answer works once.
    const dialog = page.getByRole('dialog');
    await dialog.waitFor();
    assert.deepEqual(await barriers(page), []);
    await dialog.getByRole('button', { name: 'Keep my places' }).click();
    await fillIn(page, 'Slow Reader', 'slow@example.org');
    await page.getByRole('button', { name: 'I need more time' }).waitFor({ state: 'detached' });
    await page.getByRole('heading', { name: 'Time is up' }).waitFor({ timeout: 45_000 });
    assert.deepEqual(await barriers(page), []);
    await page.getByRole('button', { name: 'Try to get the same again' }).click();
    await page.getByRole('heading', { name: 'Checkout' }).waitFor();
    await page.getByRole('dialog').getByRole('button').click();
    assert.equal(await page.getByLabel('Name', { exact: true }).inputValue(), 'Slow Reader');
  },

  'a clock that is three hours off shows the time that is left': async () => {
    const page = await visitor(DESK);
    const { id } = await showtimeLike(demo, 'Theater am Ufer');
    await page.clock.install({ time: new Date(Date.now() - 3 * 3_600_000) });
    await page.goto(`${demo.url}/s/${id}`);
    await page.getByRole('button', { name: /^Best/ }).click();
    const timer = page.getByRole('timer');
    await until('about five minutes', async () => /^(4:[345]\d|5:00)$/.test((await timer.textContent()) ?? ''));
    // The laptop sleeps for ten minutes.
    await page.clock.fastForward(600_000);
    await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
    await page.getByRole('timer').waitFor();
  },

  'an order opens without a network once it was opened': async () => {
    const page = await visitor(PHONE);
    const { id } = await showtimeLike(demo, 'Theater am Ufer');
    await buy(page, demo.url, id);
    await page.locator('html[data-kept=yes]').waitFor({ state: 'attached' });
    await until('the service worker is there', () => page.evaluate(() => navigator.serviceWorker.controller !== null));
    const address = page.url();
    await page.context().setOffline(true);
    await page.goto(address);
    await state(page, 'paid');
    assert.equal(await page.locator('.pass').count(), 2);
    await page.getByText('You are offline.').waitFor();
    assert.deepEqual(await barriers(page), []);
    await page.context().setOffline(false);
  },

  'a ticket that was passed on is shown to whoever has the link, and to nobody else': async () => {
    const page = await visitor(DESK);
    const { id } = await showtimeLike(demo, 'Theater am Ufer');
    await buy(page, demo.url, id);
    const [ticket] = await page.locator('.pass').evaluateAll((passes) => passes.map((pass) => pass.dataset.ticket));
    await page.locator('.pass .code img').nth(1).waitFor();
    const order = await api(demo, 'POST', `/api/v1/tickets/${ticket}/transfer`, { name: 'Zoe', email: 'zoe@example.org' });
    const friend = await visitor(PHONE);
    await friend.goto(`${demo.url}/t/${ticket}#${order.token}`);
    await friend.locator('.pass .code img').waitFor();
    assert.equal(await friend.locator('.pass').count(), 1);
    assert.deepEqual(await barriers(friend), []);
    await page.reload();
    await state(page, 'paid');
    await page.locator('.pass .code img').waitFor();
    assert.equal(await page.locator('.pass').count(), 2);
    await page.locator(`.pass[data-ticket=${ticket}]`).getByText('Zoe').waitFor();
    assert.equal(await page.locator(`.pass[data-ticket=${ticket}] img`).count(), 0);
    await friend.goto(`${demo.url}/t/${ticket}#${order.token.slice(0, -2)}xx`);
    await friend.reload();
    await friend.getByRole('link', { name: 'My tickets' }).nth(1).waitFor();
  },

  'a ticket is given back where the organizer allows it': async () => {
    const page = await visitor(DESK);
    const { id, event } = await showtimeLike(demo, 'Theater am Ufer');
    await api(demo, 'PATCH', `/api/v1/events/${event}`, { refunds: { until_minutes_before_start: 60, keep_fees: false } });
    await buy(page, demo.url, id);
    await page.getByRole('button', { name: 'Give tickets back' }).click();
    await page.getByRole('checkbox').first().check();
    assert.deepEqual(await barriers(page), []);
    await page.getByRole('button', { name: 'Give 1 back' }).click();
    await page.locator('.pass.void').waitFor();
    await state(page, 'partly_refunded');
    await page.locator('.tag.ok', { hasText: 'done' }).waitFor({ timeout: 30_000 });
  },

  'the form says what is missing, and leads there': async () => {
    const page = await visitor(DESK);
    const { id } = await showtimeLike(demo, 'Theater am Ufer');
    await page.goto(`${demo.url}/s/${id}`);
    await live(page);
    await page.getByRole('button', { name: /^Best/ }).click();
    await page.getByLabel('E-mail').fill('ada@gmial.com');
    await page.getByRole('button', { name: 'Did you mean ada@gmail.com?' }).click();
    await page.getByRole('button', { name: /^Pay/ }).click();
    await page.getByRole('link', { name: 'Please tell us your name.' }).click();
    assert.equal(await page.evaluate(() => document.activeElement?.id), 'name');
    assert.deepEqual(await barriers(page), []);
    void orderOf;
  },
});
