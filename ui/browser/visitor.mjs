//! A visitor with a browser of their own: a phone, a desk, a keyboard; and what visitors do on the way to a ticket.
import { readFileSync } from 'node:fs';
import { chromium } from 'playwright-core';

export const PHONE = { viewport: { width: 390, height: 780 }, hasTouch: true, colorScheme: 'dark', locale: 'en-GB', timezoneId: 'Europe/Vienna' };
export const DESK = { viewport: { width: 1280, height: 860 }, colorScheme: 'light', locale: 'en-GB', timezoneId: 'Europe/Vienna' };

let browser;
export async function open() {
  browser ??= await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-dev-shm-usage'] });
  return browser;
}
export const close = async () => {
  await browser?.close();
  browser = undefined;
};

/** A page in a browser of its own; what the page complains of is kept. */
export async function visitor(options = DESK) {
  const context = await (await open()).newContext({ reducedMotion: 'reduce', ...options });
  context.setDefaultTimeout(15_000);
  const page = await context.newPage();
  page.complaints = [];
  page.on('pageerror', (error) => page.complaints.push(String(error)));
  page.on('console', (message) => message.type() === 'error' && !/Failed to load resource|WebSocket connection|ERR_/.test(message.text()) && page.complaints.push(message.text()));
  return page;
}

const axe = readFileSync(new URL('../node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');
/** What axe finds serious or critical, in words. */
export async function barriers(page) {
  // The policy lets no foreign script in; the debugger's door is not the page's.
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
  return violations.filter((v) => ['serious', 'critical'].includes(v.impact)).map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(' ')).slice(0, 3).join(' | ')}`);
}

export const live = (page) => page.locator('.map .status[data-status=live]').waitFor();

/** Says who one is, and goes to the payment page. */
export async function fillIn(page, name = 'Ada Lovelace', email = 'ada@example.org') {
  await page.getByLabel('Name', { exact: true }).fill(name);
  await page.getByLabel('E-mail').fill(email);
}
export async function pay(page, card = '4242 4242 4242 4242') {
  await page.locator('input[name=number]').fill(card);
  await page.locator('button').first().click();
}
export const state = (page, of) => page.locator(`h1[data-state=${of}]`).waitFor({ timeout: 30_000 });

/** Chooses free seats from the list by their names alone. */
export async function chooseFromList(page, count) {
  const grid = page.getByRole('grid');
  await grid.waitFor();
  for (let i = 0; i < count; i++) await grid.getByRole('gridcell', { name: /available/, selected: false }).first().click();
}

/** From a showtime to a paid order, by the shortest way. */
export async function buy(page, url, showtime, quantity = 2) {
  await page.goto(`${url}/s/${showtime}`);
  for (let i = 2; i < quantity; i++) await page.getByRole('group', { name: 'How many?' }).getByRole('button', { name: 'More' }).click();
  await page.getByRole('button', { name: new RegExp(`^Best`) }).click();
  await fillIn(page);
  await page.getByRole('button', { name: /^Pay/ }).click();
  await pay(page);
  await state(page, 'paid');
}
