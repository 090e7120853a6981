// Every page reads from the disk with the network off, on a wide screen and on a narrow one.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { LESSONS, PAGES, address, launch, open } from './book.js';

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

test('the six lessons are there', () => {
  const missing = LESSONS.filter((lesson) => !PAGES.includes(lesson));
  assert.deepEqual(missing, []);
});

describe('a page opens without an error and asks nobody for anything', () => {
  for (const name of PAGES) {
    test(name, async () => {
      const { page, problems, close } = await open(browser, name);
      assert.match(await page.title(), /\S/);
      assert.match(await page.locator('main').innerText(), /\w/);
      // The page's own scripts have run: the contents are drawn by one of them.
      await page.locator('#mdbook-sidebar a[href$="driver.html"]').first().waitFor();
      assert.deepEqual(problems, []);
      await close();
    });
  }
});

describe('a page is no wider than a screen of 320 pixels', () => {
  for (const name of PAGES) {
    test(name, async () => {
      const { page, close } = await open(browser, name, { viewport: { width: 320, height: 640 } });
      const { width, stickingOut } = await page.evaluate(() => {
        // What scrolls by itself, a wide table or a recorded output, may be as wide as it likes inside.
        const scrolls = (element) => {
          for (let parent = element.parentElement; parent && parent !== document.body; parent = parent.parentElement) {
            if (getComputedStyle(parent).overflowX !== 'visible') return true;
          }
          return false;
        };
        const named = (element) => `${element.tagName.toLowerCase()}${element.id && `#${element.id}`} ${element.className}`;
        return {
          width: document.scrollingElement.scrollWidth,
          stickingOut: [...document.querySelectorAll('main *')]
            .filter((element) => element.getBoundingClientRect().right > 320.5 && !scrolls(element))
            .map((element) => `${named(element)}: ${element.textContent.trim().slice(0, 60)}`),
        };
      });
      assert.deepEqual(stickingOut, []);
      assert.ok(width <= 320, `${name} is ${width} pixels wide`);
      await close();
    });
  }
});

test('the contents lead from one chapter to another', async () => {
  const { page, problems, close } = await open(browser, 'index.html');
  await page.locator('#mdbook-sidebar').getByRole('link', { name: 'Topology' }).click();
  await page.waitForURL(address('topology.html'));
  assert.match(await page.locator('main h1').first().innerText(), /Topology/);
  assert.deepEqual(problems, []);
  await close();
});

test('the contents open and close from the keyboard', async () => {
  const { page, problems, close } = await open(browser, 'driver.html', { viewport: { width: 800, height: 600 } });
  const contents = page.getByRole('button', { name: 'Toggle Table of Contents' });
  assert.equal(await contents.getAttribute('aria-expanded'), 'false');
  for (const [key, expanded] of [['Enter', 'true'], [' ', 'false']]) {
    await contents.focus();
    await page.keyboard.press(key);
    assert.equal(await contents.getAttribute('aria-expanded'), expanded);
  }
  assert.deepEqual(problems, []);
  await close();
});
