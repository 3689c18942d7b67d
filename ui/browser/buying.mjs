//! From the programme to the ticket, in all the ways that there are: finger, keyboard, list, best available, areas.
import assert from 'node:assert/strict';
import jsQR from 'jsqr';
import { api, showtimeLike, until } from './demo.mjs';
import { barriers, buy, chooseFromList, DESK, fillIn, live, pay, PHONE, state, visitor } from './visitor.mjs';

const sums = (page) => page.locator('[data-total]').first().textContent();

export const buying = (demo) => ({
  'the programme is filtered in the address, which can be shared and reloaded': async () => {
    const page = await visitor(DESK);
    // The search index of a node that has just started takes a moment.
    await until('the programme is there', async () => {
      await page.goto(demo.url);
      await page.locator('.event').first().waitFor();
      return (await page.locator('.event').count()) > 10;
    });
    const all = await page.locator('.event').count();
    await page.getByRole('button', { name: /^Theatre/ }).click();
    await until('fewer events', async () => (await page.locator('.event').count()) < all);
    await page.getByLabel('City').selectOption({ index: 1 });
    const [address, titles] = [page.url(), await page.locator('.event .title').allTextContents()];
    assert.match(address, /category=theatre&city=/);
    await page.reload();
    await page.locator('.event').first().waitFor();
    assert.deepEqual(await page.locator('.event .title').allTextContents(), titles);
    const other = await visitor(PHONE);
    await other.goto(address);
    await other.locator('.event').first().waitFor();
    assert.deepEqual(await other.locator('.event .title').allTextContents(), titles);
    await page.goBack();
    await until('one filter less', async () => !page.url().includes('city='));
    assert.deepEqual(page.complaints, []);
  },

  'words are suggested, chosen by keys, and marked where they were found': async () => {
    const page = await visitor(DESK);
    await page.goto(demo.url);
    const field = page.getByRole('combobox', { name: 'Search' });
    await field.fill('qua');
    await page.getByRole('option').first().waitFor();
    assert.deepEqual(await barriers(page), []);
    await field.press('Escape');
    await field.press('Enter');
    await page.locator('mark').first().waitFor();
    assert.match(page.url(), /q=qua/);
    await field.fill('nothinglikethis');
    await field.press('Enter');
    await page.getByText('Nothing fits').waitFor();
  },

  'a phone buys two seats on the map and ends with a code that can be read': async () => {
    const page = await visitor(PHONE);
    const { id } = await showtimeLike(demo, 'Theater am Ufer');
    await page.goto(`${demo.url}/s/${id}`);
    await live(page);
    // Near enough to mean a seat, then two taps on what the map itself says is free there.
    const seats = await page.evaluate(() => {
      const house = window.usherHouse;
      const first = house.sections.find((s) => s.seats.length > 20).seats.findIndex((i) => house.states[i] === 0 && house.states[i + 1] === 0 && house.tier[i] !== 255);
      const at = house.sections.find((s) => s.seats.length > 20).seats[first];
      return [at, at + 1].map((i) => ({ i, x: house.x[i], y: house.y[i] }));
    });
    await page.locator('[data-map]').scrollIntoViewIfNeeded();
    await until('a seat is chosen by tapping', async () => {
      if (await page.locator('.cart .lines li').count()) return true;
      const box = await page.locator('[data-map]').boundingBox();
      await page.touchscreen.tap(box.x + box.width / 2, box.y + box.height / 2);
      await page.evaluate(() => new Promise((drawn) => setTimeout(drawn, 400)));
      return false;
    });
    assert.equal(await page.locator('.cart .lines li').count(), 1);
    assert.equal(seats.length, 2);
    await chooseFromList(page, 1);
    const total = await sums(page);
    await page.locator('.paybar').getByRole('button', { name: 'Continue' }).tap();
    await fillIn(page);
    assert.equal(await sums(page), total);
    await page.getByRole('button', { name: `Pay ${total}` }).tap();
    await pay(page);
    await state(page, 'paid');
    assert.equal(await sums(page), total);
    assert.equal(await page.locator('.pass').count(), 2);
    const picture = page.locator('.pass .code img').first();
    await picture.waitFor();
    const shot = await picture.evaluate(async (img) => {
      await img.decode();
      const canvas = Object.assign(document.createElement('canvas'), { width: 400, height: 400 });
      const context = canvas.getContext('2d');
      context.fillStyle = '#fff';
      context.fillRect(0, 0, 400, 400);
      context.imageSmoothingEnabled = false;
      context.drawImage(img, 0, 0, 400, 400);
      return [...context.getImageData(0, 0, 400, 400).data];
    });
    const code = jsQR(Uint8ClampedArray.from(shot), 400, 400)?.data;
    assert.match(code, /^USHER1:/);
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Tickets as PDF' }).tap();
    assert.match((await download).suggestedFilename(), /\.pdf$/);
    const scan = await api(demo, 'POST', `/api/v1/showtimes/${id}/scans`, { code });
    assert.equal(scan.verdict, 'admitted');
    assert.deepEqual(page.complaints, []);
  },

  'two seats are bought with the keyboard alone': async () => {
    const page = await visitor(DESK);
    const { id } = await showtimeLike(demo, 'Theater am Ufer');
    await page.goto(`${demo.url}/s/${id}`);
    await live(page);
    const focused = () => page.evaluate(() => document.activeElement?.getAttribute('role') ?? document.activeElement?.tagName);
    for (let i = 0; i < 60 && (await focused()) !== 'gridcell'; i++) await page.keyboard.press('Tab');
    assert.equal(await focused(), 'gridcell');
    await page.keyboard.press('f');
    await page.keyboard.press(' ');
    await page.keyboard.press('f');
    await page.keyboard.press('Enter');
    assert.equal(await page.getByRole('gridcell', { selected: true }).count(), 2);
    const tabTo = async (name) => {
      for (let i = 0; i < 60; i++) {
        if (name.test((await page.evaluate(() => document.activeElement?.textContent)) ?? '')) return;
        await page.keyboard.press('Tab');
      }
      assert.fail(`no ${name} by Tab`);
    };
    await tabTo(/^Continue$/);
    await page.keyboard.press('Enter');
    await page.getByLabel('Name', { exact: true }).waitFor();
    await until('the heading has the focus', async () => (await page.evaluate(() => document.activeElement?.tagName)) === 'H1');
    for (let i = 0; i < 20 && (await page.evaluate(() => document.activeElement?.id)) !== 'name'; i++) await page.keyboard.press('Tab');
    await page.keyboard.type('Grace Hopper');
    await page.keyboard.press('Tab');
    await page.keyboard.type('grace@example.org');
    await page.keyboard.press('Enter');
    await page.locator('input[name=number]').waitFor();
    await page.locator('input[name=number]').focus();
    await page.keyboard.type('4242424242424242');
    await page.keyboard.press('Enter');
    await state(page, 'paid');
  },

  'two seats are bought from the list by their names alone, in German': async () => {
    const page = await visitor({ ...DESK, locale: 'de-AT' });
    const { id } = await showtimeLike(demo, 'Théâtre des Marées', {}).catch(() => showtimeLike(demo, 'Theater am Ufer'));
    await page.goto(`${demo.url}/s/${id}`);
    const grid = page.getByRole('grid', { name: 'Aus der Liste wählen' });
    for (let i = 0; i < 2; i++) await grid.getByRole('gridcell', { name: /^Reihe .+, Platz .+ frei/, selected: false }).first().click();
    await page.getByRole('complementary', { name: 'Ihre Plätze' }).getByRole('button', { name: 'Weiter' }).click();
    await page.getByLabel('Name', { exact: true }).fill('Käthe');
    await page.getByLabel('E-Mail').fill('kaethe@example.org');
    await page.getByRole('button', { name: /zahlen$/ }).click();
    await pay(page);
    await page.getByRole('heading', { name: 'Bis dann' }).waitFor({ timeout: 30_000 });
  },

  'the best four together are held at once': async () => {
    const page = await visitor(DESK);
    const { id } = await showtimeLike(demo, 'Theater am Ufer');
    await buy(page, demo.url, id, 4);
    assert.equal(await page.locator('.pass').count(), 4);
  },

  'places of an area are bought by number': async () => {
    const page = await visitor(PHONE);
    const found = await api(demo, 'GET', '/api/v1/search?limit=100');
    const of = found.items.flatMap((e) => e.showtimes).find((s) => s.venue_name === 'Kesselhaus' && s.state === 'on_sale');
    await page.goto(`${demo.url}/s/${of.id}`);
    const more = page.locator('.area').first().getByRole('button', { name: 'More' });
    await more.tap();
    await more.tap();
    await page.locator('.paybar').getByRole('button').tap();
    await fillIn(page);
    await page.getByRole('button', { name: /^Pay/ }).tap();
    await pay(page);
    await state(page, 'paid');
    assert.equal(await page.locator('.pass').count(), 2);
  },

  'a single seat left over is refused, and repaired with one tap': async () => {
    const page = await visitor(DESK);
    const { id, plan } = await showtimeLike(demo, 'Theater am Ufer', { orphan_rule: 'strict' });
    const geometry = await api(demo, 'GET', `/api/v1/plans/${plan}/geometry`);
    const [first] = geometry.runs.find(([, length]) => length >= 6);
    const name = (at) => geometry.places[first + at];
    await page.goto(`${demo.url}/s/${id}`);
    await live(page);
    // The second seat of a row: the first would be alone.
    await page.evaluate(() => window.usherHouse.ids.length);
    await page.locator(`#section`).selectOption({ index: geometry.rows[name(1).row].section });
    await page.locator(`[data-seat="${first + 1}"]`).click();
    await page.getByRole('complementary').getByRole('button', { name: 'Continue' }).click();
    await page.getByText('A single seat would be left over').waitFor();
    assert.deepEqual(await barriers(page), []);
    await page.getByRole('button', { name: 'Take these instead' }).click();
    await page.getByRole('heading', { name: 'Checkout' }).waitFor();
  },

  'no more than allowed can be chosen, and that is said': async () => {
    const page = await visitor(DESK);
    const { id } = await showtimeLike(demo, 'Theater am Ufer', { max_places_per_order: 2 });
    await page.goto(`${demo.url}/s/${id}`);
    await live(page);
    await chooseFromList(page, 3);
    await page.getByRole('heading', { name: 'At most 2 places in one order.' }).waitFor();
    assert.equal(await page.locator('.cart .lines li').count(), 2);
  },

  'a voucher that is none is refused, a good one changes the price before it is paid': async () => {
    const page = await visitor(DESK);
    const { id } = await showtimeLike(demo, 'Theater am Ufer');
    await api(demo, 'POST', '/api/v1/vouchers', { code: `TEN-${id.slice(-6).toUpperCase()}`, discount: { percent: 10 }, max_uses: 5 }).catch(async () => api(demo, 'POST', '/api/v1/vouchers', { code: `TEN-${id.slice(-6).toUpperCase()}`, discount: { basis_points: 1000 }, max_uses: 5 }));
    await page.goto(`${demo.url}/s/${id}`);
    await page.getByRole('button', { name: /^Best/ }).click();
    await fillIn(page);
    await page.getByText('I have a voucher').click();
    await page.getByLabel('Voucher code').fill('NONSENSE');
    await page.getByRole('button', { name: /^Pay/ }).click();
    await page.getByText('This voucher is not valid here').waitFor();
    await page.getByLabel('Voucher code').fill(`TEN-${id.slice(-6).toUpperCase()}`);
    await page.getByRole('button', { name: /^Pay/ }).click();
    await page.getByRole('heading', { name: /^With your voucher/ }).waitFor();
    await page.getByRole('button', { name: /^Pay/ }).click();
    await pay(page);
    await state(page, 'paid');
    await page.getByText('Discount').waitFor();
  },
});
