// The book as `lessons serve` shows it: with a machine in it, whose changes reach the open page.

import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';

import { LESSONS, launch, open, picture, serious } from './book.js';
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

/** Waits until the page has heard of the recording that is served. */
const connected = (page) => link(page).getByText('A recorded machine is shown').waitFor();

describe('a recording in a file', () => {
  let server;
  before(async () => {
    server = await serve(await recording('ubuntu-fresh-nouveau'));
  });
  after(() => server.stop());
  beforeEach(async () => server.write(await recording('ubuntu-fresh-nouveau')));

  test('every card shows it, and ticks are its', async () => {
    const { page, problems, close } = await open(browser, 'driver.html', { at: server.at });
    await connected(page);
    await badge(page, 'driver.nouveau-blacklisted').getByText('Not done').waitFor();
    assert.match(await badge(page, 'driver.gpu-visible').innerText(), /Done/);
    assert.match(await badge(page, 'driver.nouveau-unloaded').innerText(), /Waits/);
    assert.match(await card(page, 'driver.nouveau-blacklisted').locator('.step-do').innerText(), /What to do now[^]*sudo/);
    // What is done, or waits for something else, has nothing to do now.
    assert.equal(await card(page, 'driver.gpu-visible').locator('.step-do').count(), 0);
    assert.equal(await card(page, 'driver.nouveau-unloaded').locator('.step-do').count(), 0);
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
    await connected(page);
    await machine(page).selectOption('ubuntu-4x4090');
    await badge(page, 'driver.installed').getByText('Done').waitFor();
    await link(page).getByText('A recorded machine is shown, not yours', { exact: true }).waitFor();
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
    await connected(page);
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
    await connected(page);
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
    await connected(page);
    await server.pause();
    await link(page).getByText('Not connected: showing what was last seen').waitFor();
    assert.equal(await card(page, 'driver.gpu-visible').evaluate((card) => card.classList.contains('step-stale')), true);
    assert.match(await card(page, 'driver.gpu-visible').locator('.step-where').innerText(), /As it was on/);
    await card(page, 'driver.gpu-visible').getByRole('button', { name: 'Check now' }).click();
    await card(page, 'driver.gpu-visible').getByRole('alert').getByText('does not answer').waitFor();
    await server.restart();
    await connected(page);
    assert.equal(await card(page, 'driver.gpu-visible').evaluate((card) => card.classList.contains('step-stale')), false);
    await close();
  });

  test('a page that slept, and one that nobody looked at, listen again', async () => {
    const { page, close } = await open(browser, 'driver.html', { at: server.at });
    await connected(page);
    await page.clock.install();
    let listened = 0;
    page.on('request', (request) => {
      if (request.url().includes('/api/events')) listened += 1;
    });
    // The lid is closed, and opened ten minutes later: timers did not run, and what was sent is lost.
    await page.reload();
    await connected(page);
    const before = listened;
    await page.clock.fastForward('10:00');
    await page.clock.runFor(6000);
    await page.waitForFunction(() => document.querySelector('.lessons-link').dataset.link === 'live');
    assert.ok(listened > before, `${listened} after ${before}`);
    // What changed meanwhile is shown.
    await server.write(await recording('ubuntu-4x4090'));
    await badge(page, 'driver.installed').getByText('Done').waitFor();

    const hide = (hidden) => page.evaluate((hidden) => {
      Object.defineProperty(document, 'hidden', { value: hidden, configurable: true });
      document.dispatchEvent(new Event('visibilitychange'));
    }, hidden);
    await hide(true);
    await page.clock.runFor(61_000);
    await link(page).getByText('Not connected').waitFor();
    await server.write(await recording('ubuntu-fresh-nouveau'));
    await hide(false);
    await connected(page);
    await badge(page, 'driver.installed').getByText(/Not done|Waits/).waitFor();
    await close();
  });

  for (const theme of ['light', 'navy']) {
    test(`axe finds nothing serious, in ${theme}`, async () => {
      for (const name of ['index.html', 'driver.html', 'torch.html', 'read.html']) {
        const { page, close } = await open(browser, name, { at: server.at, theme });
        if (name !== 'read.html') await connected(page);
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
      await connected(page);
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
      await connected(page);
      await picture(page, name);
      await close();
    }
  });
});

describe('outputs of the shown machine', () => {
  let server;
  before(async () => {
    server = await serve(await recording('hgx-8xh100'));
  });
  after(() => server.stop());

  test('take the place of the recorded ones, and give it back, by the keyboard alone', async () => {
    const { page, problems, close } = await open(browser, 'smi.html', { at: server.at });
    const table = page.locator('figure.recorded .annotated[data-kind=smi]').first();
    assert.match(await table.innerText(), /RTX 4090/);
    const button = page.getByRole('button', { name: 'Show it on hgx-8xh100' }).first();
    await button.focus();
    await page.keyboard.press('Enter');
    await page.getByText('This is hgx-8xh100. Drawn from what the driver').waitFor();
    assert.match(await table.innerText(), /H100/);
    assert.match(await page.locator('figure.recorded figcaption').first().innerText(), /nvidia-smi on hgx-8xh100/);
    // The focus has stayed, and the values explain themselves.
    const back = page.getByRole('button', { name: "Show the book's example" });
    assert.equal(await back.evaluate((button) => button === document.activeElement), true);
    await page.keyboard.press('Tab');
    await page.locator('#annotation').waitFor();
    assert.deepEqual(await serious(page), []);
    assert.ok((await page.evaluate(() => document.scrollingElement.scrollWidth)) <= 1280);

    // Another machine is shown in its place at once; one that has none says why, and the example is back.
    await machine(page).selectOption('ubuntu-4x4090');
    await page.getByText('This is ubuntu-4x4090.').waitFor();
    assert.match(await table.innerText(), /RTX 4090/);
    await machine(page).selectOption('ubuntu-mismatch');
    await page.getByText(/There is none on ubuntu-mismatch\. .*LibRmVersionMismatch/).waitFor();
    assert.match(await page.locator('figure.recorded figcaption').first().innerText(), /ubuntu-4x4090/);
    await machine(page).selectOption('');
    await page.getByRole('button', { name: 'Show it on hgx-8xh100' }).first().press('Enter');
    await page.getByText('This is hgx-8xh100.').waitFor();
    await back.press('Enter');
    await page.getByRole('button', { name: 'Show it on hgx-8xh100' }).first().waitFor();
    assert.match(await table.innerText(), /RTX 4090/);
    assert.deepEqual(problems, []);
    await close();
  });

  test('stay said when the server is slow to say which machine it shows', async () => {
    const { page, problems, close } = await open(browser, 'smi.html', { at: server.at });
    await page.getByRole('button', { name: 'Show it on hgx-8xh100' }).first().press('Enter');
    await page.getByText('This is hgx-8xh100.').waitFor();
    await page.route(/\/api\/events\?machine=ubuntu-mismatch/, async (route) => {
      await new Promise((resolve) => setTimeout(resolve, 800));
      await route.continue();
    });
    const followed = page.waitForResponse(/\/api\/events\?machine=ubuntu-mismatch/);
    await machine(page).selectOption('ubuntu-mismatch');
    await followed;
    await page.getByText('There is none on ubuntu-mismatch.').waitFor();
    // And nothing that comes later takes it away.
    await page.waitForTimeout(500);
    assert.equal(await page.getByText('There is none on ubuntu-mismatch.').isVisible(), true);
    assert.deepEqual(problems, []);
    await close();
  });

  test('a matrix comes with its picture, and every kind answers', async () => {
    for (const [name, kind] of [['topology.html', 'topo'], ['driver.html', 'drivers'], ['cuda.html', 'nvcc'], ['torch.html', 'wheel']]) {
      const { page, problems, close } = await open(browser, name, { at: server.at });
      const picture = page.locator('figure.topology svg');
      const before = kind === 'topo' && (await picture.innerHTML());
      await page.getByRole('button', { name: 'Show it on hgx-8xh100' }).first().click();
      await page.getByText(/This is hgx-8xh100\.|There is none on hgx-8xh100\./).waitFor();
      if (kind === 'topo') {
        assert.match(await page.locator('.annotated[data-kind=topo]').innerText(), /GPU7/);
        assert.notEqual(await picture.innerHTML(), before);
      }
      assert.deepEqual(problems, []);
      await close();
    }
  });

  test('are offered only where a server can tell', async () => {
    const { page, close } = await open(browser, 'smi.html');
    assert.equal(await page.locator('.lessons-swap').count(), 0);
    await close();
  });
});

test('what a stranger wrote into a recording is text', async () => {
  const name = '<img src=x onerror="window.hurt = 1"><script>window.hurt = 1</script>\u202e';
  const server = await serve(await recording('ubuntu-4x4090', (machine) => {
    machine.title = name;
    for (const gpu of machine.nvml.ok.gpus) gpu.name = name;
  }));
  for (const place of LESSONS) {
    const { page, problems, close } = await open(browser, place, { at: server.at });
    await connected(page);
    if (place === 'driver.html') await card(page, 'driver.gpu-visible').getByText('<img src=x').first().waitFor();
    for (const button of await page.locator('.lessons-swap > button').all()) await button.click();
    await page.waitForFunction(() => [...document.querySelectorAll('.lessons-swap > .step-note')].every((note) => note.textContent));
    assert.equal(await page.evaluate(() => window.hurt), undefined);
    assert.equal(await page.locator('main img, main script:not([type="application/json"])').count(), 0, place);
    assert.deepEqual(problems, []);
    await close();
  }
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
