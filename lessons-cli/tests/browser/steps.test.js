// The cards of the steps: reached by their ids, and there without scripts and on paper.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { LESSONS, launch, open } from './book.js';

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

/** What is on the page of each card: its id, and the words that it shows. */
function cards(page) {
  return page.locator('.step-card').evaluateAll((cards) =>
    cards.map((card) => {
      const { width, height } = card.getBoundingClientRect();
      const shown = (selector) => card.querySelector(selector)?.innerText.trim() ?? '';
      return { id: card.id, width, height, title: shown('.step-title'), why: shown('.step-why'), text: card.innerText };
    }),
  );
}

/** Every card of the page can be read. */
function assertShown(found) {
  assert.ok(found.length > 0, 'no card');
  for (const card of found) {
    assert.ok(card.width > 100 && card.height > 50, `${card.id} takes ${card.width} by ${card.height} pixels`);
    assert.match(card.title, /\w/, `${card.id} shows no title`);
    assert.match(card.why, /\w/, `${card.id} shows no why`);
    assert.ok(card.text.includes(`lessons check ${card.id}`), `${card.id} shows no command to check it`);
  }
}

describe('a link to a step shows its card', () => {
  for (const lesson of LESSONS) {
    test(lesson, async () => {
      const { page, problems, close } = await open(browser, lesson);
      const found = await cards(page);
      assertShown(found);
      for (const { id } of found) {
        assert.ok(id.startsWith(lesson.replace('html', '')), `${id} is in ${lesson}`);
        // As a reader who comes from a link inside the book.
        await page.evaluate((id) => {
          location.hash = id;
        }, id);
        await page.waitForFunction((id) => {
          const card = document.querySelector('.step-card:target');
          const { top } = card?.getBoundingClientRect() ?? { top: -1 };
          return card?.id === id && top >= 0 && top < innerHeight;
        }, id);
      }
      assert.deepEqual(problems, []);
      await close();
    });
  }
});

test('driver.html#driver.installed opens at its card', async () => {
  const { page, close } = await open(browser, 'driver.html#driver.installed');
  const card = page.locator('[id="driver.installed"]');
  await card.waitFor();
  assert.match(await card.innerText(), /lessons check driver\.installed/);
  const { y: top } = await card.boundingBox();
  assert.ok(top >= 0 && top < 900, `the card begins at ${top}`);
  await close();
});

describe('without scripts the cards read the same', () => {
  for (const lesson of LESSONS) {
    test(lesson, async () => {
      const { page, problems, close } = await open(browser, lesson, { javaScriptEnabled: false });
      const unscripted = await cards(page);
      assertShown(unscripted);
      assert.deepEqual(problems, []);
      await close();

      const scripted = await open(browser, lesson);
      const ids = (found) => found.map((card) => card.id);
      assert.deepEqual(ids(unscripted), ids(await cards(scripted.page)));
      await scripted.close();
    });
  }
});

describe('on paper the cards are whole', () => {
  for (const lesson of [...LESSONS, 'print.html']) {
    test(lesson, async () => {
      const { page, problems, close } = await open(browser, lesson);
      await page.emulateMedia({ media: 'print' });
      assertShown(await cards(page));
      // Paper has nothing to click: what is folded on the screen is unfolded, and the contents are left out.
      const hidden = await page.locator('.step-undo > :not(summary)').evaluateAll((parts) =>
        parts.filter((part) => !part.checkVisibility({ contentVisibilityAuto: true })).map((part) => part.textContent),
      );
      assert.deepEqual(hidden, []);
      assert.equal(await page.locator('#mdbook-sidebar').isVisible(), false);
      assert.deepEqual(problems, []);
      await close();
    });
  }
});
