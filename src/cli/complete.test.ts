import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runner } from '../adapters/exec/run.ts';
import { must } from '../kernel/refusal.ts';
import { bashScript, wanted } from './complete.ts';
import { commandTable } from './table.ts';

test.each([
  [['logs', '--app', ''], 'app', ''],
  [['logs', '-t', '-a', 'sh'], 'app', 'sh'],
  [['logs', '--app=sh'], 'app', 'sh'],
  [['domains:add', 'shop.example.org', '--app', 's'], 'app', 's'],
  [['projects:info', 'we'], 'project', 'we'],
  [['projects:create', 'x', '--organization', ''], 'organization', ''],
  [['backups:list', ''], 'project', ''],
  [['pg:info', 'or'], 'database', 'or'],
  [['organizations:info', 'a'], 'organization', 'a'],
  [['apps:destroy', '--app', ''], 'app', ''],
] as const)('%j asks for the name of one %s', (words, kind, begun) => {
  expect(wanted(commandTable, words)).toEqual({ kind, begun });
});

test.each([
  [['apps:create', '']],
  [['projects:create', '']],
  [['logs', '--ap']],
  [['logs', '-n', '']],
  [['nothing', '']],
  [['logs']],
  [['domains:add', '']],
])('%j asks for none', (words) => {
  expect(wanted(commandTable, words)).toBeUndefined();
});

/** What bash would put in place of the word at the cursor. */
async function inBash(line: string): Promise<string[]> {
  const directory = await mkdtemp(join(tmpdir(), 'bastide-complete-'));
  try {
    await writeFile(join(directory, 'script'), bashScript);
    const asked = [
      'source "$1/script"',
      // In place of the program: what it would answer, and what it was asked.
      'bastide() { printf "apps:create\\tCreate\\napps:info\\tOne\\nshop\\t\\n:4\\n"; }',
      `COMP_LINE=$2 COMP_POINT=\${#2}`,
      '_bastide',
      `printf "%s\\n" "\${COMPREPLY[@]}"`,
    ].join('\n');
    const ran = must(
      await runner.run({
        argv: ['bash', '--norc', '-c', asked, 'bash', directory, line],
        env: { PATH: '/usr/bin:/bin' },
      }),
    );
    return ran.stdout.trim().split('\n');
  } finally {
    await rm(directory, { recursive: true });
  }
}

test('bash completes names of commands after their colon, values after a flag, and runs nothing of what was typed', async () => {
  expect(await inBash('bastide ap')).toEqual(['apps:create', 'apps:info']);
  expect(await inBash('bastide apps:cr')).toEqual(['create']);
  expect(await inBash('bastide apps:')).toEqual(['create', 'info']);
  expect(await inBash('bastide logs --app ')).toEqual(['apps:create', 'apps:info', 'shop']);
  expect(await inBash('bastide logs --app=sh')).toEqual(['shop']);
  expect(await inBash('bastide run $(exit) sh')).toEqual(['shop']);
});
