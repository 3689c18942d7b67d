//! Two who want the same, and nodes that die: seats that are lost are told, maps stay true, and purchases end.
import assert from 'node:assert/strict';
import { api, showtimeLike, until } from './demo.mjs';
import { barriers, DESK, fillIn, live, pay, PHONE, state, visitor } from './visitor.mjs';

/** All states of the page's map, and the same from a node, as digits. */
const shown = (page) => page.evaluate(() => [...window.usherHouse.states].join(''));
const true_ = async (demo, id, node) => (await api(demo, 'GET', `/api/v1/showtimes/${id}/seats?consistency=linearizable`, undefined, { node, more: { accept: 'application/json' } })).states;

export const contention = (demo) => ({
  'two choose the same seat: one has it, the other is told and offered another': async () => {
    const { id } = await showtimeLike(demo, 'Theater am Ufer');
    const [a, b] = [await visitor(DESK), await visitor(PHONE)];
    await a.goto(`${demo.url}/s/${id}`);
    await b.goto(`${demo.urls[1]}/s/${id}`);
    await Promise.all([live(a), live(b)]);
    for (const page of [a, b]) await page.getByRole('gridcell', { name: /available/ }).first().click();
    await a.getByRole('complementary').getByRole('button', { name: 'Continue' }).click();
    await b.getByText('One of your seats was just taken by somebody else').waitFor();
    assert.deepEqual(await barriers(b), []);
    await b.getByRole('button', { name: 'Find a similar seat' }).click();
    await b.getByRole('heading', { name: 'Checkout' }).waitFor();
    const counts = await api(demo, 'GET', `/api/v1/showtimes/${id}/availability?consistency=linearizable`);
    assert.equal(counts.places.held, 2);
  },

  'a seat that is given back is free on the other map': async () => {
    const { id } = await showtimeLike(demo, 'Theater am Ufer');
    const page = await visitor(DESK);
    await page.goto(`${demo.urls[2]}/s/${id}`);
    await live(page);
    const hold = await api(demo, 'POST', `/api/v1/showtimes/${id}/holds`, { best_available: { quantity: 3 } });
    await until('three are held', async () => ((await shown(page)).match(/1/g) ?? []).length === 3);
    await api(demo, 'DELETE', `/api/v1/holds/${hold.id}`);
    await until('none is held', async () => !(await shown(page)).includes('1'));
  },

  'without sockets the map follows by asking': async () => {
    const { id } = await showtimeLike(demo, 'Theater am Ufer');
    const page = await visitor(DESK);
    await page.addInitScript(() => {
      window.WebSocket = class {
        constructor() {
          setTimeout(() => this.onclose?.(), 1);
        }
        send() {}
        close() {}
      };
    });
    await page.goto(`${demo.url}/s/${id}`);
    await page.locator('.map .status[data-status=polling]').waitFor({ timeout: 30_000 });
    await api(demo, 'POST', `/api/v1/showtimes/${id}/holds`, { best_available: { quantity: 2 } });
    await until('two are held', async () => ((await shown(page)).match(/1/g) ?? []).length === 2);
  },

  'the leader is killed during checkout: the purchase ends with one order': async () => {
    const { id } = await showtimeLike(demo, 'Theater am Ufer');
    const cluster = await api(demo, 'GET', '/api/v1/cluster');
    const at = demo.urls.indexOf(cluster.nodes.find((n) => n.id === cluster.leader).public_url);
    const page = await visitor(DESK);
    // The page comes from the node that dies: its requests must go to another.
    await page.goto(`${demo.urls[at]}/s/${id}`);
    await live(page);
    await page.getByRole('button', { name: /^Best/ }).click();
    await fillIn(page);
    process.kill(demo.pids[at], 'SIGKILL');
    await page.getByRole('button', { name: /^Pay/ }).click();
    await page.locator('input[name=number]').waitFor({ timeout: 30_000 });
    const alive = demo.urls.find((_, i) => i !== at);
    demo.url = alive;
    const orders = await until('one order', async () => {
      const { items } = await api(demo, 'GET', `/api/v1/orders?showtime=${id}`);
      return items.length === 1 && items;
    });
    assert.equal(orders[0].state, 'pending');
    demo.dead = at;
  },

  'the map whose node died moves to another and misses nothing': async () => {
    const { id } = await showtimeLike(demo, 'Theater am Ufer');
    const alive = demo.urls.filter((_, i) => i !== demo.dead);
    const page = await visitor(DESK);
    await page.goto(`${alive[0]}/s/${id}`);
    await live(page);
    // What a node that goes away does: the socket ends. The page finds a node by itself.
    await page.evaluate(() => window.usherFeed.socket.close());
    for (let i = 0; i < 5; i++) await api(demo, 'POST', `/api/v1/showtimes/${id}/holds`, { best_available: { quantity: 2 } });
    await live(page);
    await until('the same as the nodes say', async () => (await shown(page)) === (await true_(demo, id, alive[0])));
  },

  'without a majority one can look, and nothing is sold': async () => {
    const { id } = await showtimeLike(demo, 'Theater am Ufer');
    const rest = demo.urls.map((_, i) => i).filter((i) => i !== demo.dead);
    const page = await visitor(DESK);
    await page.goto(`${demo.urls[rest[0]]}/s/${id}`);
    await live(page);
    process.kill(demo.pids[rest[1]], 'SIGKILL');
    await page.getByRole('button', { name: /^Best/ }).click();
    await page.getByText('You can look around, but nothing can be bought').waitFor({ timeout: 60_000 });
    assert.deepEqual(await barriers(page), []);
    await page.goto(demo.urls[rest[0]]);
    await page.locator('.event').first().waitFor();
    void pay;
    void state;
  },
});
