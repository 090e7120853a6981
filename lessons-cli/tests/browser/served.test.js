// The book as `lessons serve` shows it: with a machine in it, whose changes reach the open page.

import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';

import { launch, open, picture, serious } from './book.js';
import { recording, serve } from './serve.js';

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

/** The card of a step. */
const card = (page, step) => page.locator(`.step-card[id="${step}"]`);
/** The state that a card shows, in words. */
const badge = (page, step) => card(page, step).locator('.step-badge');
/** The choice of the machine at the head of a chapter. */
const machine = (page) => page.getByLabel('Machine', { exact: true });
/** Whether what is shown is as it is now, in words. */
const link = (page) => page.locator('.lessons-link');

describe('a recording in a file', () => {
  let server;
  before(async () => {
    server = await serve(await recording('ubuntu-fresh-nouveau'));
  });
  after(() => server.stop());
  beforeEach(async () => server.write(await recording('ubuntu-fresh-nouveau')));

  test('every card shows it, and ticks are its', async () => {
    const { page, problems, close } = await open(browser, 'driver.html', { at: server.at });
    await link(page).getByText('Live:').waitFor();
    await badge(page, 'driver.nouveau-blacklisted').getByText('Not done').waitFor();
    assert.match(await badge(page, 'driver.gpu-visible').innerText(), /Done/);
    assert.match(await badge(page, 'driver.nouveau-unloaded').innerText(), /Waits/);
    assert.match(await card(page, 'driver.nouveau-blacklisted').locator('.step-do').innerText(), /What to do now[^]*sudo/);
    // The recorded examples are behind a line.
    assert.equal(await card(page, 'driver.installed').locator('.step-examples').isVisible(), false);
    await page.locator('#mdbook-sidebar').getByRole('link', { name: /^The driver \d of \d+ done/ }).waitFor();
    // It is a recording: there is nothing to mark.
    assert.equal(await page.getByRole('button', { name: 'Mark as done' }).first().isVisible(), false);
    assert.deepEqual(problems, []);
    await close();
  });

  test('a change on disk reaches the open page within a second', async () => {
    const { page, problems, close } = await open(browser, 'driver.html', { at: server.at });
    await badge(page, 'driver.installed').getByText('Not done').or(badge(page, 'driver.installed').getByText('Waits')).waitFor();
    await page.evaluate(() => {
      const shown = document.querySelector('.step-card[id="driver.installed"] .step-badge');
      new MutationObserver(() => {
        if (shown.textContent.includes('Done')) window.ticked ??= Date.now();
      }).observe(shown, { subtree: true, childList: true, characterData: true });
    });
    const written = Date.now();
    await server.write(await recording('ubuntu-4x4090'));
    await page.waitForFunction(() => window.ticked);
    const took = (await page.evaluate(() => window.ticked)) - written;
    assert.ok(took < 1000, `it took ${took} ms`);
    // The contents follow, and it is said to those who do not see it.
    await page.locator('#mdbook-sidebar a.lessons-done[href="driver.html"]').waitFor();
    await page.waitForFunction(() => document.querySelector('.lessons-voice').textContent.includes('Done'));
    assert.deepEqual(problems, []);
    await close();
  });

  test('another machine is chosen, kept on the next page, and given up again', async () => {
    const { page, problems, close } = await open(browser, 'driver.html', { at: server.at });
    await link(page).getByText('Live:').waitFor();
    await machine(page).selectOption('ubuntu-4x4090');
    await badge(page, 'driver.installed').getByText('Done').waitFor();
    await link(page).getByText('recording').waitFor();
    await page.goto(new URL('torch.html', server.at).href);
    await badge(page, 'torch.installed').getByText('Done').waitFor();
    assert.equal(await machine(page).inputValue(), 'ubuntu-4x4090');
    await machine(page).selectOption('');
    await badge(page, 'torch.installed').getByText(/Not done|Waits/).waitFor();
    assert.deepEqual(problems, []);
    await close();
  });

  test('a step is checked by the keyboard alone, and the focus stays', async () => {
    const { page, problems, close } = await open(browser, 'driver.html', { at: server.at });
    await link(page).getByText('Live:').waitFor();
    const button = card(page, 'driver.gpu-visible').getByRole('button', { name: 'Check now' });
    await button.focus();
    const answered = page.waitForResponse((response) => response.url().endsWith('/api/steps/driver.gpu-visible/check'));
    await page.keyboard.press('Enter');
    assert.equal((await answered).status(), 200);
    await page.waitForFunction(() => document.querySelector('.lessons-voice').textContent.includes('The GPU is visible'));
    assert.equal(await button.evaluate((button) => button === document.activeElement), true);
    assert.deepEqual(problems, []);
    await close();
  });

  test('hints are those for what was found', async () => {
    const { page, problems, close } = await open(browser, 'driver.html', { at: server.at });
    await link(page).getByText('Live:').waitFor();
    const step = card(page, 'driver.nouveau-blacklisted');
    await step.getByText('A hint', { exact: true }).click();
    await step.getByText('nothing tells Linux to leave it').waitFor();
    assert.equal(await step.locator('.step-hint > p').nth(1).isVisible(), false);
    assert.deepEqual(problems, []);
    await close();
  });

  test('pasted text in Chinese and from right to left is explained, and stays text', async () => {
    const { page, problems, close } = await open(browser, 'read.html', { at: server.at });
    const box = page.getByLabel('Paste what your terminal shows');
    await box.fill(`用户@机器:~$ nvcc --version
nvcc: NVIDIA (R) Cuda compiler driver
Copyright (c) 2005-2024 NVIDIA Corporation
Built on Thu_Sep_12_02:18:05_PDT_2024
Cuda compilation tools, release 12.6, V12.6.77
Build cuda_12.6.r12.6/compiler.34841621_0
مرحبا بالعالم \u202e شكرا <img src=x onerror="window.hurt = 1"><script>window.hurt = 1</script>`);
    await page.getByRole('button', { name: 'Explain it' }).click();
    const answer = page.locator('.lessons-answer');
    await answer.locator('.field', { hasText: /^12\.6$/ }).first().waitFor();
    assert.equal(await answer.evaluate((answer) => answer === document.activeElement), true);
    assert.match(await answer.innerText(), /用户@机器[^]*مرحبا[^]*<img src=x/);
    assert.equal(await page.evaluate(() => window.hurt), undefined);
    assert.equal(await answer.locator('img, script').count(), 0);
    assert.ok((await page.evaluate(() => document.scrollingElement.scrollWidth)) <= 1280);
    assert.deepEqual(await serious(page), []);
    assert.deepEqual(problems, []);

    await box.fill('nothing that any tool printed');
    const refused = page.waitForResponse((response) => response.url().endsWith('/api/read'));
    await page.getByRole('button', { name: 'Explain it' }).click();
    assert.equal((await refused).status(), 422);
    await page.getByRole('alert').filter({ hasText: 'lessons serve did not do it' }).waitFor();
    await close();
  });

  test('the first page leads on', async () => {
    const { page, problems, close } = await open(browser, 'index.html', { at: server.at });
    await page.getByRole('link', { name: 'Start with the first step' }).click();
    await page.waitForURL(/driver\.html#driver\./);
    assert.deepEqual(problems, []);
    await close();
  });

  test('a lost server is said, what was seen is marked as such, and the page comes back by itself', async () => {
    const { page, close } = await open(browser, 'driver.html', { at: server.at });
    await link(page).getByText('Live:').waitFor();
    await server.pause();
    await link(page).getByText('Not connected: showing what was last seen').waitFor();
    assert.equal(await card(page, 'driver.gpu-visible').evaluate((card) => card.classList.contains('step-stale')), true);
    assert.match(await card(page, 'driver.gpu-visible').locator('.step-where').innerText(), /As it was on/);
    await card(page, 'driver.gpu-visible').getByRole('button', { name: 'Check now' }).click();
    await card(page, 'driver.gpu-visible').getByRole('alert').getByText('does not answer').waitFor();
    await server.restart();
    await link(page).getByText('Live:').waitFor();
    assert.equal(await card(page, 'driver.gpu-visible').evaluate((card) => card.classList.contains('step-stale')), false);
    await close();
  });

  for (const theme of ['light', 'navy']) {
    test(`axe finds nothing serious, in ${theme}`, async () => {
      for (const name of ['index.html', 'driver.html', 'torch.html', 'read.html']) {
        const { page, close } = await open(browser, name, { at: server.at, theme });
        if (name !== 'read.html') await link(page).getByText('Live:').waitFor();
        for (const summary of await page.locator('.step-evidence > summary, .step-folded > summary').all()) {
          if (await summary.isVisible()) await summary.click();
        }
        assert.deepEqual(await serious(page), [], name);
        await close();
      }
    });
  }

  for (const width of [320, 640]) {
    test(`at ${width} pixels the live cards fit`, async () => {
      const { page, close } = await open(browser, 'driver.html', { at: server.at, viewport: { width, height: 640 } });
      await link(page).getByText('Live:').waitFor();
      assert.ok((await page.evaluate(() => document.scrollingElement.scrollWidth)) <= width);
      await close();
    });
  }

  test('pictures are kept for people to look at', async () => {
    for (const [name, settings] of [
      ['served-light', { colorScheme: 'light' }],
      ['served-dark', { colorScheme: 'dark' }],
      ['served-320-light', { colorScheme: 'light', viewport: { width: 320, height: 640 } }],
    ]) {
      const { page, close } = await open(browser, 'driver.html', { at: server.at, ...settings });
      await link(page).getByText('Live:').waitFor();
      await picture(page, name);
      await close();
    }
  });
});

test('what a stranger wrote into a recording is text', async () => {
  const name = '<img src=x onerror="window.hurt = 1"><script>window.hurt = 1</script>\u202e';
  const server = await serve(await recording('ubuntu-4x4090', (machine) => {
    machine.title = name;
    for (const gpu of machine.nvml.ok.gpus) gpu.name = name;
  }));
  const { page, problems, close } = await open(browser, 'driver.html', { at: server.at });
  await link(page).getByText('Live:').waitFor();
  await card(page, 'driver.gpu-visible').getByText('<img src=x').first().waitFor();
  assert.equal(await page.evaluate(() => window.hurt), undefined);
  assert.equal(await page.locator('main img').count(), 0);
  assert.deepEqual(problems, []);
  await close();
  await server.stop();
});

test('on the live machine a mark is kept by lessons', async () => {
  const server = await serve();
  const { page, problems, close } = await open(browser, 'driver.html', { at: server.at });
  await link(page).getByText('Live:').waitFor({ timeout: 60_000 });
  // Where these tests run there is mostly no GPU; what can be skipped depends on the machine.
  const skip = page.getByRole('button', { name: 'Skip' });
  if ((await skip.count()) > 0) {
    const step = page.locator('.step-card').filter({ has: skip.first() }).first();
    const id = await step.getAttribute('id');
    await skip.first().click();
    await badge(page, id).getByText('Skipped by you').waitFor();
    await page.reload();
    await badge(page, id).getByText('Skipped by you').waitFor();
    await card(page, id).getByRole('button', { name: 'Do not skip' }).click();
    await badge(page, id).getByText('Skipped by you').waitFor({ state: 'hidden' });
  }
  assert.deepEqual(problems, []);
  await close();
  await server.stop();
});
