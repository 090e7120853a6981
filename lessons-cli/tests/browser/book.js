// The book under test, and the browser that reads it.

import { existsSync, readdirSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

import axe from 'axe-core';
import { chromium } from 'playwright-core';

/** The project's folder. */
export const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** The folder of the built book: `BOOK_DIR`, seen from where the tests were started, or where `lessons book build` writes. */
const BOOK = process.env.BOOK_DIR ? path.resolve(process.env.BOOK_DIR) : path.join(ROOT, 'book/build');

/** The folder that pictures are kept in for people to look at: `SCREENSHOTS`, or one that Git ignores. */
export const SCREENSHOTS = process.env.SCREENSHOTS
  ? path.resolve(process.env.SCREENSHOTS)
  : path.join(ROOT, 'target/screenshots');

/** The folder of our scripts and style sheets. */
export const THEME = new URL('../../../book/theme/', import.meta.url);

if (!existsSync(path.join(BOOK, 'index.html'))) {
  throw new Error(`${BOOK} holds no book: run \`cargo run --release -- book build\` first, or set BOOK_DIR`);
}

/**
 * Every page that a reader opens from the folder. Not `404.html`, which only a web server shows, and which takes its
 * styles from the root of that server. Not `toc.html`, which is the frame that holds the contents without scripts.
 */
export const PAGES = readdirSync(BOOK, { recursive: true })
  .filter((name) => name.endsWith('.html'))
  .map((name) => name.split(path.sep).join('/'))
  .filter((name) => !['404.html', 'toc.html'].includes(name))
  .sort();

/** The chapters of the six lessons, which is where the steps are. */
export const LESSONS = ['driver', 'smi', 'persistence', 'topology', 'cuda', 'torch'].map((id) => `${id}.html`);

/** The address of a page, or of a place in it (`driver.html#driver.installed`). */
export function address(place) {
  const [page, anchor] = place.split('#');
  const url = pathToFileURL(path.join(BOOK, page));
  url.hash = anchor ?? '';
  return url.href;
}

/** Starts Chromium: the one at `CHROMIUM`, or Debian's. */
export function launch() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

/**
 * Opens a place of the book in a fresh profile without a network, or, given the address (`at`) of `lessons serve`, with no other
 * than that. Returns the page, everything that went wrong on it since
 * (`problems`: errors of its scripts and in the console, requests that failed or left the book), and `close`.
 *
 * `settings` are Playwright's for a browser context, and `theme` the theme that the reader picked on an earlier visit. Without
 * `storage` the browser keeps nothing between pages, as some are told to.
 */
export async function open(browser, place, { at, theme, storage = true, ...settings } = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...settings });
  await context.setOffline(at === undefined);
  const problems = [];
  await context.route(
    (url) => (at ? url.origin !== new URL(at).origin : url.protocol !== 'file:'),
    (route) => {
      problems.push(`asked for ${route.request().url()}`);
      return route.abort();
    },
  );
  // print.html opens the print dialogue, which a browser without a window has no use for.
  await context.addInitScript(() => {
    window.print = () => {};
  });
  if (!storage) {
    await context.addInitScript(() => {
      for (const name of ['getItem', 'setItem']) {
        Storage.prototype[name] = () => {
          throw new DOMException('denied', 'SecurityError');
        };
      }
    });
  }
  if (theme) {
    await context.addInitScript((name) => localStorage.setItem('mdbook-theme', name), theme);
  }

  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  page.on('pageerror', (error) => problems.push(`uncaught: ${error.message}`));
  page.on('requestfailed', (request) => {
    const why = request.failure()?.errorText;
    // Whoever leaves a page ends what it still waits for: its icon, and its stream of events.
    if (why === 'net::ERR_ABORTED' && /favicon|\/api\/events/.test(request.url())) return;
    problems.push(`failed: ${request.url()}: ${why}`);
  });
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(`console: ${message.text()}`);
  });
  await page.goto(at ? new URL(place, at).href : address(place), { waitUntil: 'load' });
  return { page, problems, close: () => context.close() };
}

/** What axe calls serious or critical on a page, each with the first places where it is so. */
export async function serious(page) {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
  return violations
    .filter(({ impact }) => ['serious', 'critical'].includes(impact))
    .flatMap(({ id, nodes }) => nodes.slice(0, 5).map((node) => `${id}: ${node.target}: ${node.failureSummary}`));
}

/** Keeps a picture of the beginning of a page for people to look at: all of a chapter would be too long. */
export async function picture(page, name) {
  await mkdir(SCREENSHOTS, { recursive: true });
  const file = path.join(SCREENSHOTS, `${name}.png`);
  const { width } = page.viewportSize();
  const taken = await page.screenshot({ path: file, fullPage: true, clip: { x: 0, y: 0, width, height: 4000 } });
  if (taken.length < 20_000) throw new Error(`${file} is ${taken.length} bytes`);
}
