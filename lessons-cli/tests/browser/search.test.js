// The search finds words of the book, and leads to where they are.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { launch, open } from './book.js';

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

/** Types `words` into the search of the first page. Returns the opened page, and the links that it found. */
async function search(words) {
  const opened = await open(browser, 'index.html');
  await opened.page.keyboard.press('s');
  await opened.page.locator('#mdbook-searchbar').pressSequentially(words);
  await opened.page.getByText(/search results? for/i).first().waitFor();
  return { ...opened, found: opened.page.locator('#mdbook-searchresults a') };
}

test('"nouveau" is found, and a click jumps to it', async () => {
  const { page, problems, found, close } = await search('nouveau');
  assert.ok((await found.count()) > 0, 'nothing found');
  const hrefs = await found.evaluateAll((links) => links.map((link) => link.href));
  assert.ok(hrefs.some((href) => href.includes('/driver.html')), `not in the driver's chapter: ${hrefs}`);

  const first = found.first();
  const target = new URL(await first.evaluate((link) => link.href));
  await first.click();
  await page.waitForURL((url) => url.pathname === target.pathname && url.hash === target.hash);
  assert.match(await page.locator('mark').first().innerText(), /nouveau/i);
  const anchor = decodeURIComponent(target.hash.slice(1));
  await page.waitForFunction((id) => {
    const { top } = document.getElementById(id).getBoundingClientRect();
    return top >= 0 && top < innerHeight;
  }, anchor);
  assert.deepEqual(problems, []);
  await close();
});

test('the keyboard alone is enough', async () => {
  const { page, problems, found, close } = await search('nouveau');
  const target = new URL(await found.first().evaluate((link) => link.href));
  await page.keyboard.press('Enter');
  await page.waitForURL((url) => url.pathname === target.pathname && url.hash === target.hash);
  assert.deepEqual(problems, []);
  await close();
});

test('a word that is nowhere finds nothing, and says so', async () => {
  const { page, problems, found, close } = await search('zzzzzzzz');
  await page.getByText(/no search results for/i).first().waitFor();
  assert.equal(await found.count(), 0);
  assert.deepEqual(problems, []);
  await close();
});
