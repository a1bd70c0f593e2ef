import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runner } from '../../src/adapters/exec/run.ts';
import { must } from '../../src/kernel/refusal.ts';
import { helpOf } from './help.mjs';

const flagsOf = (file: string, parser: string): string[] => {
  const text = readFileSync(join(import.meta.dirname, file), 'utf8');
  const body = text.slice(text.indexOf(`function ${parser}(`)).split('\n}\n')[0]!;
  return [...body.matchAll(/'?([a-z][a-z-]+)'?: (?:\{ type|flag)/g)].map(([, name]) => name!);
};

test.each([
  ['up', 'options.ts', 'parseUp'],
  ['vault', '../vault/options.ts', 'parseVault'],
  ['down', 'options.ts', 'parseDown'],
])('the help of %s names every flag that it takes', (command, file, parser) => {
  const flags = flagsOf(file, parser);
  expect(flags.length).toBeGreaterThan(2);
  for (const flag of flags) expect(helpOf(command), flag).toContain(`--${flag}`);
});

test('npm start -- --help prints the flags and touches nothing, not even as somebody who may not start', async () => {
  // Who is not root is turned away before anything begins.
  const nobody = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
  const start = join(import.meta.dirname, '../start.mjs');
  const run = async (...args: string[]) =>
    must(await runner.run({ argv: [process.execPath, start, ...args], ...nobody, env: {} }));
  for (const words of [
    ['up', '--help'],
    ['up', '--bare', '-h'],
  ]) {
    const said = await run(...words);
    expect([said.code, said.stdout, said.stderr]).toEqual([0, expect.stringContaining('--acme-email'), '']);
  }
  expect((await run('up', '--role', 'vault', '--help')).stdout).toContain('--retention-days');
  expect((await run('up')).code).toBe(2);
});
