// `lessons serve` under test: started on a free port, with a state folder of its own, on a copy of a recording.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { ROOT } from './book.js';

/** The program: `LESSONS`, or what Cargo built last for release, or for tests. */
const PROGRAM = [process.env.LESSONS, path.join(ROOT, 'target/release/lessons'), path.join(ROOT, 'target/debug/lessons')]
  .filter(Boolean)
  .map((name) => path.resolve(name))
  .find((name) => existsSync(name));

/** A bundled recording, to be changed by `change`. */
export async function recording(name, change = () => {}) {
  const machine = JSON.parse(await readFile(path.join(ROOT, `exercises/machines/${name}.json`), 'utf8'));
  change(machine);
  return machine;
}

/**
 * Serves a recording, or this machine where there is none. Returns its address (`at`), `write` to put another recording in the
 * file's place, `stop`, and `restart` on the same port.
 */
export async function serve(machine) {
  assert.ok(PROGRAM, 'no lessons program: run `cargo build --release`, or set LESSONS');
  const folder = await mkdtemp(path.join(tmpdir(), 'lessons-serve-'));
  const file = path.join(folder, 'machine.json');
  const write = async (recording) => {
    // At once, as an editor that is careful does it.
    await writeFile(`${file}.new`, JSON.stringify(recording));
    await rename(`${file}.new`, file);
  };
  if (machine) await write(machine);

  let running;
  const start = async (port) => {
    const words = ['serve', '--port', String(port), ...(machine ? ['--machine', file] : [])];
    const child = spawn(PROGRAM, words, {
      cwd: ROOT,
      env: { ...process.env, LESSONS_HOME: path.join(folder, 'state') },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    const address = await new Promise((resolve, reject) => {
      const hear = (chunk) => {
        said += chunk;
        const found = said.match(/http:\/\/127\.0\.0\.1:\d+\//);
        if (found) resolve(found[0]);
      };
      child.stdout.on('data', hear);
      child.stderr.on('data', hear);
      child.on('error', reject);
      child.on('exit', (code) => reject(new Error(`lessons serve ended with ${code}: ${said}`)));
    });
    running = child;
    return address;
  };
  const end = async () => {
    if (!running || running.exitCode !== null) return;
    const ended = new Promise((resolve) => running.once('exit', resolve));
    running.kill('SIGTERM');
    await ended;
  };

  const at = await start(0);
  return {
    at,
    write,
    pause: end,
    restart: () => start(new URL(at).port),
    stop: async () => {
      await end();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
