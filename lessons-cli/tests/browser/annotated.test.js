// Annotated outputs: every value explains itself, with a mouse, a finger, a keyboard, and without scripts.

import assert from 'node:assert/strict';
import path from 'node:path';
import { mkdirSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';

import axe from 'axe-core';

import { SCREENSHOTS, launch, open } from './book.js';

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

/** What is annotated where: the page, the kind, and values that must be found with what they say. */
const OUTPUTS = [
  ['smi.html', 'smi', ['Driver Version / KMD Version: 580.95.05', 'Persistence-M, GPU 0: On', 'MIG M., GPU 3: N/A']],
  ['topology.html', 'topo', ['NV4, GPU0–GPU1: NV4', 'SYS, GPU3–GPU0: SYS']],
  ['driver.html', 'drivers', ['nvidia-driver-580']],
  ['cuda.html', 'nvcc', ['release: 12.6']],
  ['torch.html', 'wheel', ['local version: cu126', 'Python tag: cp311', 'platform tag: manylinux_2_28_x86_64']],
];

const annotated = (page, kind) => page.locator(`.annotated[data-kind="${kind}"]`).first();

/** Every value of an output: what it is called, and whether its link leads to an explanation. */
function values(output) {
  return output.locator('.field').evaluateAll((fields) =>
    fields.map((field) => ({
      label: field.getAttribute('aria-label'),
      explained: document.getElementById(field.hash.slice(1))?.closest('dl > div')?.querySelector('dd')?.textContent ?? '',
      wide: field.getBoundingClientRect().width,
    })),
  );
}

describe('every value leads to what it means', () => {
  for (const [name, kind, wanted] of OUTPUTS) {
    for (const javaScriptEnabled of [true, false]) {
      test(`${kind} ${javaScriptEnabled ? 'with' : 'without'} scripts`, async () => {
        const { page, problems, close } = await open(browser, name, { javaScriptEnabled });
        const found = await values(annotated(page, kind));
        for (const label of wanted) {
          assert.ok(found.some((value) => value.label.startsWith(label)), `no ${label} in ${JSON.stringify(found.map((v) => v.label))}`);
        }
        for (const { label, explained, wide } of found) {
          assert.ok(explained.length > 5 && wide > 0, `${label} explains nothing`);
        }
        assert.equal(await annotated(page, kind).locator('.annotated-hint').isVisible(), javaScriptEnabled);
        assert.deepEqual(problems, []);
        await close();
      });
    }
  }
});

test('a mouse reads the value that it points at, and the note that it opens', async () => {
  const { page, problems, close } = await open(browser, 'smi.html');
  const note = page.locator('#annotation');
  assert.equal(await note.isVisible(), false);
  await page.getByRole('link', { name: 'Volatile Uncorr. ECC, GPU 0: Off' }).first().hover();
  await note.waitFor({ state: 'visible' });
  const said = await note.innerText();
  assert.match(said, /^Volatile Uncorr\. ECC, GPU 0: Off/);
  assert.match(said, /Normal:/);
  assert.match(said, /switched off/, said);
  // WCAG 1.4.13: the pointer may go to the note, and the note stays.
  await note.hover();
  await page.waitForTimeout(400);
  assert.ok(await note.isVisible());
  await page.mouse.move(5, 5);
  await note.waitFor({ state: 'hidden' });
  assert.deepEqual(problems, []);
  await close();
});

test('the keyboard walks from value to value', async () => {
  const { page, close } = await open(browser, 'smi.html');
  const note = page.locator('#annotation');
  await page.getByRole('link', { name: 'Persistence-M, GPU 0: On' }).focus();
  await note.waitFor({ state: 'visible' });
  const focused = () => page.evaluate(() => document.activeElement.getAttribute('aria-label'));
  await page.keyboard.press('ArrowRight');
  assert.match(await focused(), /^Bus-Id, GPU 0/);
  await page.keyboard.press('ArrowDown');
  assert.match(await focused(), /^Memory-Usage|^Pwr/);
  assert.match(await note.innerText(), /^Memory-Usage|^Pwr/);
  assert.equal(
    await page.evaluate(() => document.getElementById(document.activeElement.getAttribute('aria-describedby'))?.getAttribute('role')),
    'tooltip',
  );
  await page.keyboard.press('Escape');
  assert.equal(await note.isVisible(), false);
  assert.match(await focused(), /GPU 0/, 'Escape leaves the focus where it is');
  // One stop for each output: the next Tab leaves the table.
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => Boolean(document.activeElement.closest('.annotated > pre'))), false);
  await close();
});

test('a finger opens the note, and another tap closes it', async () => {
  const { page, problems, close } = await open(browser, 'cuda.html', { hasTouch: true, isMobile: true, viewport: { width: 320, height: 640 } });
  const note = page.locator('#annotation');
  const value = page.getByRole('link', { name: 'release: 12.6' });
  await value.tap();
  await note.waitFor({ state: 'visible' });
  const box = await note.boundingBox();
  assert.ok(box.x >= 0 && box.x + box.width <= 320 && box.y >= 0 && box.y + box.height <= 640, JSON.stringify(box));
  assert.match(await note.innerText(), /CUDA version that people mean/);
  await value.tap();
  await note.waitFor({ state: 'hidden' });
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'the page is wider than 320 pixels');
  assert.deepEqual(problems, []);
  await close();
});

test('a link from what is noteworthy leads to the value', async () => {
  const { page, close } = await open(browser, 'smi.html');
  const place = annotated(page, 'smi').locator('.annotated-place').first();
  const id = (await place.getAttribute('href')).slice(1);
  await place.click();
  await page.waitForFunction((id) => document.querySelector('.field:target')?.id === id, id);
  await close();
});

test('an output that takes the place of another one explains itself too', async () => {
  const { page, close } = await open(browser, 'smi.html');
  await annotated(page, 'smi').evaluate((old) => {
    const own = old.cloneNode(true);
    own.querySelectorAll('[data-prepared]').forEach((pre) => pre.removeAttribute('data-prepared'));
    own.querySelectorAll('.field').forEach((field) => field.removeAttribute('tabindex'));
    old.replaceWith(own);
  });
  await page.waitForFunction(() => document.querySelectorAll('.annotated[data-kind="smi"] .field[tabindex="0"]').length === 1);
  await close();
});

test('on paper the list is unfolded', async () => {
  const { page, close } = await open(browser, 'smi.html');
  await page.emulateMedia({ media: 'print' });
  const hidden = await page
    .locator('.annotated-fields > :not(summary)')
    .evaluateAll((parts) => parts.filter((part) => !part.checkVisibility({ contentVisibilityAuto: true })).length);
  assert.equal(hidden, 0);
  await close();
});

describe('axe finds nothing serious while a note is open', () => {
  for (const theme of ['light', 'navy', 'rust', 'coal', 'ayu']) {
    test(theme, async () => {
      const { page, close } = await open(browser, 'smi.html', { theme });
      await page.locator('.annotated-fields').first().evaluate((details) => details.setAttribute('open', ''));
      await page.getByRole('link', { name: 'Persistence-M, GPU 0: On' }).focus();
      await page.locator('#annotation').waitFor({ state: 'visible' });
      mkdirSync(SCREENSHOTS, { recursive: true });
      await page.screenshot({ path: path.join(SCREENSHOTS, `annotated-${theme}.png`) });
      await page.evaluate(axe.source);
      const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
      const serious = violations.filter(({ impact }) => ['serious', 'critical'].includes(impact));
      assert.deepEqual(
        serious.flatMap(({ id, nodes }) => nodes.slice(0, 5).map((node) => `${id}: ${node.target}: ${node.failureSummary}`)),
        [],
      );
      await close();
    });
  }
});
