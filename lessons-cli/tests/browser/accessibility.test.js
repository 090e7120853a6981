// axe finds nothing serious on any page.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { PAGES, launch, open, serious } from './book.js';

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

/** Tests `pages` in `theme`. */
function inTheme(theme, pages) {
  describe(`in ${theme}`, () => {
    for (const name of pages) {
      test(name, async () => {
        const { page, close } = await open(browser, name, { theme });
        assert.ok(await page.locator(`html.${theme}`).count(), `the theme is not ${theme}`);
        assert.deepEqual(await serious(page), []);
        await close();
      });
    }
  });
}

inTheme('light', PAGES);
inTheme('navy', PAGES);
// The colours are what differs in the other themes; these two chapters have cards, outputs, notes, tables and scripts.
for (const theme of ['rust', 'coal', 'ayu']) {
  inTheme(theme, ['driver.html', 'cuda.html']);
}

// What a reader opens and chooses is held to the same.
for (const theme of ['light', 'navy']) {
  test(`a chosen machine with all its cards unfolded, in ${theme}`, async () => {
    const { page, close } = await open(browser, 'driver.html', { theme });
    await page.getByLabel('Machine', { exact: true }).selectOption('ubuntu-fresh-nouveau');
    await page.evaluate(() => {
      for (const part of document.querySelectorAll('.step-card details')) part.open = true;
    });
    assert.deepEqual(await serious(page), []);
    await close();
  });
}
