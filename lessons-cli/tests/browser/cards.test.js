// The cards of a book that was opened from a folder: recordings to choose from, the reader's marks, the keyboard.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { address, launch, open } from './book.js';

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

/** The card of a step. */
const card = (page, step) => page.locator(`.step-card[id="${step}"]`);

/** The choice of the machine at the head of a chapter. */
const machine = (page) => page.getByLabel('Machine', { exact: true });

/** What the page says to those who do not see it. */
const said = (page) => page.locator('.lessons-voice').innerText();

/** The entry of a chapter in the contents, as a screen reader says it. */
const entry = (page, title) => page.locator('#mdbook-sidebar').getByRole('link', { name: title });

test('a recording is shown by every card of the chapter, and of the next one', async () => {
  const { page, problems, close } = await open(browser, 'driver.html');
  const step = card(page, 'driver.nouveau-blacklisted');
  assert.equal(await step.locator('.step-badge').isVisible(), false);
  assert.equal(await step.locator('.step-examples').isVisible(), true);

  await machine(page).selectOption('ubuntu-fresh-nouveau');
  assert.match(await step.locator('.step-badge').innerText(), /Not done/);
  assert.match(await step.locator('.step-now').innerText(), /Nothing keeps nouveau/);
  assert.match(await step.locator('.step-where').innerText(), /ubuntu-fresh-nouveau/);
  assert.equal(await step.locator('.step-examples').isVisible(), false);
  await step.getByText('What it was seen from').click();
  assert.match(await step.locator('.step-evidence').innerText(), /\/etc\/modprobe\.d/);
  // What to type is what this machine needs, and an administrator's command is marked.
  assert.match(await step.locator('.step-do').innerText(), /What to do now[^]*As administrator[^]*sudo/);
  // A recording is not the reader's to mark.
  assert.equal(await step.getByRole('button', { name: 'Mark as done' }).isVisible(), false);

  await page.goto(address('smi.html'));
  assert.equal(await machine(page).inputValue(), 'ubuntu-fresh-nouveau');
  assert.match(await card(page, 'smi.runs').locator('.step-badge').innerText(), /Waits|Not done/);
  await machine(page).selectOption('');
  assert.equal(await card(page, 'smi.runs').locator('.step-badge').isVisible(), false);
  assert.deepEqual(problems, []);
  await close();
});

test('one card alone shows another recording', async () => {
  const { page, problems, close } = await open(browser, 'torch.html');
  const step = card(page, 'torch.cuda-build');
  await step.getByLabel('See it on another machine').selectOption('ubuntu-torch-cpu');
  assert.match(await step.locator('.step-badge').innerText(), /Not done/);
  assert.match(await said(page), /Not done/);
  assert.equal(await card(page, 'torch.installed').locator('.step-badge').isVisible(), false);
  await step.getByLabel('See it on another machine').selectOption('');
  assert.equal(await step.locator('.step-badge').isVisible(), false);
  assert.equal(await step.locator('.step-examples').isVisible(), true);
  assert.deepEqual(problems, []);
  await close();
});

test('a mark is counted, ticked in the contents, kept, and taken back', async () => {
  const { page, problems, close } = await open(browser, 'persistence.html');
  const step = card(page, 'persistence.enabled');
  await step.getByRole('button', { name: 'Mark as done' }).click();
  assert.match(await step.locator('.step-badge').innerText(), /Marked as done by you/);
  assert.match(await said(page), /Marked as done by you/);
  assert.match(await page.locator('.lessons-head').innerText(), /1 of 2 steps done/);
  assert.equal(await page.getByRole('progressbar', { name: '1 of 2 steps done' }).evaluate((bar) => bar.value), 1);
  await entry(page, /^Persistence 1 of 2 done/).waitFor();
  await entry(page, /^Persistence mode is on done/).waitFor();

  await page.reload();
  assert.match(await step.locator('.step-badge').innerText(), /Marked as done by you/);
  await card(page, 'persistence.survives-reboot').getByRole('button', { name: 'Mark as done' }).click();
  await entry(page, /^Persistence 2 of 2 done/).waitFor();
  assert.equal(await page.locator('#mdbook-sidebar a.lessons-done[href="persistence.html"]').count(), 1);

  await page.goto(address('index.html'));
  assert.match(await page.locator('.lessons-head').innerText(), /2 of \d+ steps done/);
  const resume = page.getByRole('link', { name: 'Continue where you left' });
  assert.match(await resume.getAttribute('href'), /^persistence\.html/);
  await resume.click();
  await step.getByRole('button', { name: 'Not done after all' }).click();
  assert.equal(await step.locator('.step-badge').isVisible(), false);
  assert.match(await page.locator('.lessons-head').innerText(), /1 of 2 steps done/);
  assert.deepEqual(problems, []);
  await close();
});

test('skipped is not done', async () => {
  const { page, close } = await open(browser, 'persistence.html');
  await card(page, 'persistence.enabled').getByRole('button', { name: 'Skip' }).click();
  assert.match(await card(page, 'persistence.enabled').locator('.step-badge').innerText(), /Skipped by you/);
  assert.match(await page.locator('.lessons-head').innerText(), /0 of 2 steps done/);
  await close();
});

test('the first visit starts with the first step', async () => {
  const { page, problems, close } = await open(browser, 'index.html');
  const start = page.getByRole('link', { name: 'Start with the first step' });
  assert.equal(await start.getAttribute('href'), 'driver.html#driver.gpu-visible');
  assert.deepEqual(problems, []);
  await close();
});

test('the keyboard alone opens hints one by one, chooses a recording, and marks', async () => {
  const { page, problems, close } = await open(browser, 'driver.html');
  const step = card(page, 'driver.installed');
  const focused = () => page.evaluate(() => document.activeElement.textContent.trim());
  /** Goes on by Tab until the focus is on something that says `words`. */
  const tabTo = async (words) => {
    for (let presses = 0; presses < 60; presses += 1) {
      if (words.test(await focused())) return;
      await page.keyboard.press('Tab');
    }
    assert.fail(`no Tab leads to ${words}; the focus is on ${await focused()}`);
  };

  await step.locator('.step-title a').focus();
  const hints = step.locator('.step-hint > p');
  assert.deepEqual(await hints.evaluateAll((all) => all.map((hint) => hint.checkVisibility())), [false, false, false]);
  await tabTo(/^A hint$/);
  await page.keyboard.press('Enter');
  assert.deepEqual(await hints.evaluateAll((all) => all.map((hint) => hint.checkVisibility())), [true, false, false]);
  await tabTo(/^Another hint$/);
  await page.keyboard.press('Enter');
  assert.deepEqual(await hints.evaluateAll((all) => all.map((hint) => hint.checkVisibility())), [true, true, false]);
  await tabTo(/^Mark as done$/);
  await page.keyboard.press('Space');
  assert.match(await step.locator('.step-badge').innerText(), /Marked as done by you/);
  // The focus stays where it was, on what is now the way back.
  assert.equal(await focused(), 'Not done after all');
  await page.keyboard.press('Enter');
  assert.equal(await step.locator('.step-badge').isVisible(), false);
  await tabTo(/^Choose a recording/);
  await page.keyboard.press('ArrowDown');
  assert.equal(await step.locator('.step-badge').isVisible(), true);
  assert.deepEqual(problems, []);
  await close();
});

test('the commands that a script draws are copied like those of the page', async () => {
  const { page, problems, close } = await open(browser, 'driver.html');
  await machine(page).selectOption('ubuntu-fresh-nouveau');
  await page.evaluate(() => {
    document.addEventListener('copy', (event) => {
      window.copied = event.target.value ?? String(getSelection());
    });
  });
  const step = card(page, 'driver.nouveau-blacklisted').locator('.step-do');
  const command = await step.locator('pre > code').first().innerText();
  await step.getByRole('button', { name: 'Copy to clipboard' }).first().click();
  assert.equal(await page.evaluate(() => window.copied), command);
  await page.waitForFunction(() => document.querySelector('.lessons-voice').textContent === 'Copied');
  assert.deepEqual(problems, []);
  await close();
});

test('a browser that keeps nothing says so, and everything else works', async () => {
  const { page, close } = await open(browser, 'persistence.html', { storage: false });
  await card(page, 'persistence.enabled').getByRole('button', { name: 'Mark as done' }).click();
  assert.match(await page.locator('.lessons-head').innerText(), /1 of 2 steps done[^]*keeps nothing/);
  await close();
});

test('what another program left in the browser does no harm', async () => {
  const { page, problems, close } = await open(browser, 'persistence.html');
  for (const left of ['{', 'null', '7', '"x"', '{"persistence.enabled": {"a": 1}, "x": "by-hand"}', '[1, 2]']) {
    await page.evaluate((left) => {
      for (const name of ['marks', 'last']) localStorage.setItem(`lessons-${name}`, left);
      sessionStorage.setItem('lessons-machine', left);
    }, left);
    await page.reload();
    assert.match(await page.locator('.lessons-head').innerText(), /0 of 2 steps done/);
    await page.goto(address('index.html'));
    await page.getByRole('link', { name: /Start with|Continue/ }).first().waitFor();
    await page.goto(address('persistence.html'));
  }
  assert.deepEqual(problems, []);
  await close();
});

describe('without scripts', () => {
  test('hints open one by one, and nothing stands there that needs a script', async () => {
    const { page, close } = await open(browser, 'driver.html', { javaScriptEnabled: false });
    const step = card(page, 'driver.installed');
    assert.equal(await step.locator('button, select').count(), 0);
    await step.getByText('A hint').click();
    await step.getByText('Another hint').first().click();
    assert.equal(await step.locator('.step-hint > p').nth(1).isVisible(), true);
    assert.equal(await step.locator('.step-hint > p').nth(2).isVisible(), false);
    assert.equal(await page.getByText('"findings"').isVisible(), false);
    await close();
  });
});

test('at 200 % the cards and their controls fit', async () => {
  // Half the pixels, each twice as large: what zooming does.
  const { page, close } = await open(browser, 'driver.html', { viewport: { width: 640, height: 450 }, deviceScaleFactor: 2 });
  await machine(page).selectOption('ubuntu-fresh-nouveau');
  const wide = await page.locator('.step-card, .step-card :is(button, select, summary, dl, p), .lessons-head *').evaluateAll((all) =>
    all.filter((one) => one.checkVisibility() && one.getBoundingClientRect().right > 640).map((one) => one.outerHTML.slice(0, 80)),
  );
  assert.deepEqual(wide, []);
  assert.ok((await page.evaluate(() => document.scrollingElement.scrollWidth)) <= 640);
  await close();
});
