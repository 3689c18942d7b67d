//! Runs the scenarios one after the other on one demo: `npm run scenarios`, or `npm run scenarios -- WORDS` for those whose
//! name has the words. Those that kill nodes come last.
import { access } from './access.mjs';
import { buying } from './buying.mjs';
import { contention } from './contention.mjs';
import { startDemo } from './demo.mjs';
import { paying } from './paying.mjs';
import { staff } from './staff.mjs';
import { close, open } from './visitor.mjs';

const ONE_MS = 120_000;
const wanted = process.argv.slice(2).join(' ');
const demo = await startDemo();
let [good, bad] = [0, []];
try {
  const browser = await open();
  const scenarios = { ...buying(demo), ...paying(demo), ...access(demo), ...staff(demo), ...contention(demo) };
  for (const [name, run] of Object.entries(scenarios).filter(([name]) => name.includes(wanted))) {
    const began = Date.now();
    let timer;
    const late = new Promise((_, fail) => (timer = setTimeout(() => fail(new Error('took too long')), ONE_MS)));
    try {
      await Promise.race([run(), late]);
      good += 1;
      console.log(`ok    ${name} (${((Date.now() - began) / 1000).toFixed(1)} s)`);
    } catch (error) {
      bad.push(name);
      console.log(`WRONG ${name}\n${error.stack}`);
      const page = browser.contexts().at(-1)?.pages().at(-1);
      if (page && process.env.USHER_UI_SHOTS) await page.screenshot({ path: `${process.env.USHER_UI_SHOTS}/wrong-${bad.length}.png`, fullPage: true }).catch(() => undefined);
      for (const text of page?.complaints ?? []) console.log(`      the page: ${text}`);
    }
    clearTimeout(timer);
    for (const context of browser.contexts()) await context.close();
  }
} finally {
  await close();
  await demo.stop();
}
console.log(`\n${good} scenarios are good, ${bad.length} are not`);
process.exit(bad.length ? 1 : 0);
