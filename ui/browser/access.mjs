//! No serious barrier on any page, in either light; pages say what they are; languages; what a page carries from the server.
import assert from 'node:assert/strict';
import { api, showtimeLike } from './demo.mjs';
import { barriers, DESK, live, PHONE, visitor } from './visitor.mjs';

export const access = (demo) => ({
  'every page is without barriers, light and dark, wide and narrow': async () => {
    const { id, event } = await showtimeLike(demo, 'Theater am Ufer');
    for (const options of [DESK, PHONE, { ...PHONE, viewport: { width: 320, height: 640 }, colorScheme: 'light' }]) {
      const page = await visitor(options);
      for (const path of ['/', '/?q=zzzz', `/e/${event}`, `/s/${id}`, '/find', '/account', '/account#usl_x', '/help', '/accessibility', '/terms', '/privacy', '/nothing', '/e/evt_00000000000000000000000000', '/o/ord_00000000000000000000000000', '/c/hld_00000000000000000000000000']) {
        await page.goto(demo.url + path);
        await page.locator('h1').waitFor();
        if (path.startsWith('/s/')) await live(page);
        assert.deepEqual(await barriers(page), [], `${path} at ${options.viewport.width}`);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(wide <= 0, `${path} is ${wide} px too wide at ${options.viewport.width}`);
      }
      assert.deepEqual(page.complaints, []);
      await page.context().close();
    }
  },

  'the month view and its days are without barriers': async () => {
    const page = await visitor(DESK);
    const found = await api(demo, 'GET', '/api/v1/search?limit=100');
    const many = found.items.find((e) => e.showtimes_total > 3);
    await page.goto(`${demo.url}/e/${many.id}`);
    await page.getByRole('button', { name: 'Month', exact: true }).click();
    await page.locator('.calendar a').first().waitFor();
    assert.deepEqual(await barriers(page), []);
    await page.locator('.calendar a').first().click();
    await live(page);
  },

  'pages carry their title, description, picture and data; what is not there is 404': async () => {
    const { event } = await showtimeLike(demo, 'Theater am Ufer');
    const get = (path, headers = {}) => fetch(demo.url + path, { headers: { accept: 'text/html', ...headers } });
    const html = await (await get(`/e/${event}`)).text();
    const { title, summary } = await api(demo, 'GET', `/api/v1/events/${event}`);
    for (const part of [`<title>${title}`, `content="${summary}"`, 'og:image', 'application/ld+json', `"/api/v1/events/${event}"`]) assert.ok(html.includes(part), part);
    assert.equal((await get('/e/evt_00000000000000000000000000')).status, 404);
    assert.equal((await get('/nothing')).status, 404);
    assert.equal((await get('/assets/old-1234.js', { accept: '*/*' })).status, 404);
    assert.match((await get('/')).headers.get('content-security-policy'), /script-src 'self'; style-src 'self'/);
    const script = /src="(\/assets\/[^"]+)"/.exec(html)[1];
    const asset = await get(script, { 'accept-encoding': 'br' });
    assert.deepEqual([asset.headers.get('cache-control'), asset.headers.get('content-encoding')], ['public, max-age=31536000, immutable', 'br']);
    assert.equal((await get(script, { 'if-none-match': asset.headers.get('etag'), 'accept-encoding': 'br' })).status, 304);
  },

  'the language is the browser’s, can be changed, and stays': async () => {
    const page = await visitor({ ...DESK, locale: 'tr-TR' });
    await page.goto(demo.url);
    await page.getByRole('heading', { name: 'Neler var' }).waitFor();
    await page.getByLabel('Dil').last().selectOption('de');
    await page.getByRole('heading', { name: 'Was läuft' }).waitFor();
    await page.reload();
    await page.getByRole('heading', { name: 'Was läuft' }).waitFor();
    assert.equal(await page.locator('html').getAttribute('lang'), 'de');
    // Right to left nothing is cut off.
    await page.evaluate(() => (document.documentElement.dir = 'rtl'));
    assert.ok((await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)) <= 0);
  },
});
