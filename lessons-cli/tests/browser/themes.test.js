// Light and dark: by what the system asks for, by the reader's choice, and without scripts.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { launch, open, picture } from './book.js';

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

/** How bright the page's background and its text are, from 0 to 1. */
function brightness(page) {
  return page.evaluate(() => {
    const bright = (colour) => {
      const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
      canvas.fillStyle = colour;
      canvas.fillRect(0, 0, 1, 1);
      const [red, green, blue] = canvas.getImageData(0, 0, 1, 1).data;
      return (0.2126 * red + 0.7152 * green + 0.0722 * blue) / 255;
    };
    const { backgroundColor } = getComputedStyle(document.documentElement);
    return { ground: bright(backgroundColor), text: bright(getComputedStyle(document.querySelector('main p')).color) };
  });
}

function assertLight({ ground, text }) {
  assert.ok(ground > 0.8 && text < 0.4, `the ground is ${ground}, the text ${text}`);
}

function assertDark({ ground, text }) {
  assert.ok(ground < 0.2 && text > 0.6, `the ground is ${ground}, the text ${text}`);
}

for (const javaScriptEnabled of [true, false]) {
  const how = javaScriptEnabled ? 'with scripts' : 'without scripts';
  test(`a light system gets a light page, ${how}`, async () => {
    const { page, close } = await open(browser, 'driver.html', { colorScheme: 'light', javaScriptEnabled });
    assertLight(await brightness(page));
    await close();
  });

  test(`a dark system gets a dark page, ${how}`, async () => {
    const { page, close } = await open(browser, 'driver.html', { colorScheme: 'dark', javaScriptEnabled });
    assertDark(await brightness(page));
    await close();
  });
}

test("the reader's choice goes before the system's, and is remembered", async () => {
  const { page, problems, close } = await open(browser, 'driver.html', { colorScheme: 'light' });
  await page.locator('#mdbook-theme-toggle').click();
  await page.locator('#mdbook-theme-navy').click();
  assertDark(await brightness(page));
  await page.reload();
  assertDark(await brightness(page));
  await page.locator('#mdbook-theme-toggle').click();
  await page.locator('#mdbook-theme-light').click();
  assertLight(await brightness(page));
  assert.deepEqual(problems, []);
  await close();
});

describe('a picture of each kind of page is kept for people to look at', () => {
  const looks = {
    light: { colorScheme: 'light' },
    dark: { colorScheme: 'dark' },
    '320-light': { colorScheme: 'light', viewport: { width: 320, height: 640 } },
    '320-dark': { colorScheme: 'dark', viewport: { width: 320, height: 640 } },
  };
  for (const name of ['index', 'driver', 'smi', 'topology', 'tables', 'read']) {
    test(name, async () => {
      for (const [look, settings] of Object.entries(looks)) {
        const { page, close } = await open(browser, `${name}.html`, settings);
        await picture(page, `${name}-${look}`);
        await close();
      }
    });
  }
});
