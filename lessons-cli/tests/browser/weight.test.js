// What our script and style weigh, and that the scripts and the texts of the pages fit together.

import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';

import { THEME, address } from './book.js';

const files = readdirSync(THEME).filter((name) => /\.(js|css)$/.test(name));
const read = (name) => readFileSync(new URL(name, THEME), 'utf8');

test('script and style weigh at most 40 kB together, as gzip sends them', () => {
  const weights = files.map((name) => [name, gzipSync(read(name)).length]);
  const sum = weights.reduce((sum, [, weight]) => sum + weight, 0);
  assert.ok(sum <= 40_000, `${sum} bytes: ${weights.map((weight) => weight.join(' ')).join(', ')}`);
});

test('every text that a script asks for is there, and no other', () => {
  const page = readFileSync(new URL(address('index.html')), 'utf8');
  const { texts } = JSON.parse(page.match(/class="lessons-book">(.*?)<\/script>/)[1]);
  const scripts = files.filter((name) => name.endsWith('.js')).map(read).join('\n');
  const asked = [...scripts.matchAll(/\btext\(\s*'([a-z-]+)'/g)].map(([, id]) => `page-${id}`);
  assert.deepEqual(asked.filter((id) => !(id in texts)), []);
  // Some ids are chosen first and asked for later; a state's is made of its word.
  const named = new Set([...scripts.matchAll(/'([a-z]+(?:-[a-z]+)*)'/g)].map(([, id]) => `page-${id}`));
  const unasked = Object.keys(texts).filter((id) => !named.has(id) && !id.startsWith('page-state-'));
  assert.deepEqual(unasked, []);
});

test('no script writes markup or runs text', () => {
  for (const name of files.filter((name) => name.endsWith('.js'))) {
    assert.doesNotMatch(read(name), /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function/, name);
  }
});
