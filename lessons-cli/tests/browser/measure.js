// The numbers of `lessons serve`, for people: `node measure.js [LESSONS [ADDRESS...]]`.
//
// How long a change on disk, or in `/sys`, takes to reach a page and to be shown in a browser, what open streams cost in memory and time, how many requests are answered,
// and how soon a chapter is painted. To see the last side by side with a stock mdBook, give its address, or several:
//
//     mdbook serve -p 3001 & node measure.js ../../../target/release/lessons http://127.0.0.1:3001/
//
// It needs Linux, which tells of a process in /proc, and is not run by CI: a busy machine has other numbers.

import { execFileSync, spawn } from 'node:child_process';
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { chromium } from 'playwright-core';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const [program = path.join(ROOT, 'target/release/lessons'), ...others] = process.argv.slice(2);
const TICKS = Number(execFileSync('getconf', ['CLK_TCK']));

/** Serves, and tells the address and the process. */
async function serve(folder, words, starter = path.resolve(program), before = []) {
  const child = spawn(starter, [...before, 'serve', '--port', '0', ...words], {
    cwd: folder,
    env: { ...process.env, PWD: folder, LESSONS_HOME: path.join(folder, 'state') },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  for await (const chunk of child.stdout) {
    said += chunk;
    const found = said.match(/http:\/\/127\.0\.0\.1:\d+\//);
    if (found) return { at: found[0], child };
  }
  throw new Error(`${program} said: ${said}`);
}

function launch() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'],
  });
}

/** Opens a stream; `next` waits for an event of a name. */
function listen(at) {
  return new Promise((resolve, reject) => {
    const waiting = [];
    let rest = '';
    const request = http.get(new URL('/api/events', at), { agent: false }, (answer) => {
      answer.setEncoding('utf8');
      answer.on('error', () => {});
      answer.on('data', (text) => {
        rest += text;
        const events = rest.split('\n\n');
        rest = events.pop();
        for (const event of events) {
          const name = event.match(/^event: (.*)$/m)?.[1];
          const index = waiting.findIndex((one) => one.name === name);
          if (index >= 0) waiting.splice(index, 1)[0].resolve(performance.now());
        }
      });
      resolve({
        next: (name) => new Promise((resolve) => waiting.push({ name, resolve })),
        close: () => request.destroy(),
      });
    });
    request.on('error', reject);
  });
}

/** Seconds of processor time that a process has used, and its memory in MB. */
function used(child) {
  const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1].split(' ');
  const memory = readFileSync(`/proc/${child.pid}/status`, 'utf8').match(/VmRSS:\s+(\d+)/)[1];
  return { seconds: (Number(fields[11]) + Number(fields[12])) / TICKS, memory: Number(memory) / 1024 };
}

/** How much of a core a process uses while nothing happens, in percent. */
async function idle(child, seconds = 20) {
  const before = used(child).seconds;
  await sleep(seconds * 1000);
  return (100 * (used(child).seconds - before)) / seconds;
}

const median = (all) => [...all].sort((a, b) => a - b)[Math.floor(all.length / 2)];
const spread = (times) => `${median(times).toFixed(0)} ms median, ${Math.max(...times).toFixed(0)} ms at most`;
const say = (what, value) => console.log(`${what.padEnd(64)} ${value}`);

/** How long changes take until a page hears of them. */
async function latency(at, change) {
  const page = await listen(at);
  await sleep(1500);
  const times = [];
  for (let round = 0; round < 21; round += 1) {
    const heard = page.next('step');
    const changed = performance.now();
    await change(round);
    times.push((await heard) - changed);
    await sleep(400 + Math.random() * 500);
  }
  page.close();
  return spread(times);
}

/** How long changes of a recording take until a browser shows them. */
async function shown(at, change) {
  // The state from which the first round differs.
  await change(1);
  const browser = await launch();
  const page = await browser.newPage();
  await page.goto(new URL('driver.html', at).href, { waitUntil: 'load' });
  const badge = '.step-card[id="driver.nouveau-unloaded"] .step-badge';
  await page.waitForSelector(badge);
  await page.evaluate((badge) => {
    new MutationObserver(() => {
      window.changed ??= Date.now();
    }).observe(document.querySelector(badge), { subtree: true, childList: true, characterData: true });
  }, badge);
  const times = [];
  for (let round = 0; round < 21; round += 1) {
    await sleep(600 + Math.random() * 500);
    await page.evaluate(() => { window.changed = undefined; });
    const changed = Date.now();
    await change(round);
    await page.waitForFunction(() => window.changed);
    times.push((await page.evaluate(() => window.changed)) - changed);
  }
  await browser.close();
  return spread(times);
}

/**
 * How long a change in `/sys` takes, which raises no event: in a mount namespace of its own a folder of ours lies over that of
 * the PCI bus. Where that is not allowed there is no number.
 */
async function polled(folder) {
  const bus = path.join(folder, 'bus');
  const device = path.join(bus, '0000:01:00.0');
  execFileSync('mkdir', ['-p', device]);
  const over = ['-m', 'sh', '-c', `mount --bind ${bus} /sys/bus/pci/devices && exec "$0" "$@"`, path.resolve(program)];
  try {
    const { at, child } = await serve(folder, [], 'unshare', over);
    running.push(child);
    for (const [name, value] of [['vendor', '0x10de'], ['device', '0x2684'], ['class', '0x030000']]) {
      await writeFile(path.join(device, name), `${value}\n`);
    }
    return await latency(at, async (round) => {
      if (round % 2 === 0) await rename(device, path.join(folder, 'unplugged'));
      else await rename(path.join(folder, 'unplugged'), device);
    });
  } catch (error) {
    return `not measured: ${error.message}`;
  }
}

/** When a chapter is first painted, in a browser that has seen nothing yet. */
async function paints(addresses) {
  const browser = await launch();
  const times = addresses.map(() => []);
  for (let round = 0; round < 21; round += 1) {
    // One after the other and turn by turn, so that what slows the machine slows all.
    for (const [index, address] of addresses.entries()) {
      const context = await browser.newContext();
      const page = await context.newPage();
      await page.goto(new URL('driver.html', address).href, { waitUntil: 'load' });
      const painted = await page.evaluate(async () => {
        const seen = () => performance.getEntriesByName('first-contentful-paint')[0]?.startTime;
        while (seen() === undefined) await new Promise((resolve) => requestAnimationFrame(resolve));
        return seen();
      });
      if (round > 0) times[index].push(painted);
      await context.close();
    }
  }
  await browser.close();
  return times.map((all) => `${median(all).toFixed(0)} ms median`);
}

const folder = await mkdtemp(path.join(tmpdir(), 'lessons-measure-'));
const running = [];
try {
  const text = await readFile(path.join(ROOT, 'exercises/machines/ubuntu-4x4090.json'), 'utf8');
  const file = path.join(folder, 'machine.json');
  const write = async (round) => {
    const machine = JSON.parse(text);
    if (round % 2 === 0) machine.files['/proc/modules'] = { text: 'nouveau 1 0 - Live 0x0\n' };
    await writeFile(`${file}.new`, JSON.stringify(machine));
    await rename(`${file}.new`, file);
  };
  await write(1);

  const recorded = await serve(folder, ['--machine', file]);
  running.push(recorded.child);
  say('a recording changes, until a page hears of it', await latency(recorded.at, write));

  say('a recording changes, until a browser shows it', await shown(recorded.at, write));
  say('/sys of this machine changes, until a page hears of it', await polled(folder));

  const live = await serve(folder, []);
  running.push(live.child);
  // A folder that is no environment yet, and one more file makes it one, and so on.
  const venv = path.join(folder, '.venv');
  say('a file of this machine changes, until a page hears of it', await latency(live.at, async (round) => {
    if (round % 2 === 0) {
      execFileSync('sh', ['-c', 'mkdir -p bin lib/python3.11/site-packages && ln -s /bin/sh bin/python && echo "version = 3.11.2" > pyvenv.cfg'], { cwd: await folderAt(venv) });
    } else {
      await rm(venv, { recursive: true });
    }
  }));

  const page = await listen(live.at);
  await sleep(3000);
  say('one page, nothing changes: processor', `${(await idle(live.child)).toFixed(2)} % of a core`);
  const pages = [];
  for (let count = 1; count < 500; count += 1) pages.push(await listen(live.at));
  await sleep(5000);
  say('500 pages, nothing changes: processor', `${(await idle(live.child)).toFixed(2)} % of a core`);
  say('500 pages: memory', `${used(live.child).memory.toFixed(0)} MB`);
  for (const each of [page, ...pages]) each.close();
  await sleep(8000);
  say('no page: processor', `${(await idle(live.child)).toFixed(2)} % of a core`);

  const agent = new http.Agent({ keepAlive: true, maxSockets: 64 });
  const one = (name) => new Promise((resolve) => {
    http.get(new URL(name, live.at), { agent }, (answer) => answer.resume().on('end', () => resolve(answer.statusCode)));
  });
  for (const name of ['driver.html', 'api/steps']) {
    const started = performance.now();
    const answers = await Promise.all(Array.from({ length: 10_000 }, () => one(name)));
    const good = answers.filter((status) => status === 200).length;
    const seconds = (performance.now() - started) / 1000;
    say(`10,000 requests for ${name}`, `${good} answered, ${(good / seconds).toFixed(0)} a second, as fast as this script asks`);
  }
  agent.destroy();

  const [ours, ...theirs] = await paints([live.at, ...others]);
  say('driver.html, first paint', ours);
  for (const [index, address] of others.entries()) say(`driver.html, first paint from ${address}`, theirs[index]);
} finally {
  for (const child of running) child.kill('SIGTERM');
  await rm(folder, { recursive: true, force: true });
}

/** A new folder. */
async function folderAt(place) {
  execFileSync('mkdir', [place]);
  return place;
}
