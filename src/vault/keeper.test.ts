import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Keeper } from './keeper.ts';
import { VaultSettings } from './settings.ts';
import { Report } from './status.ts';

const DAY = 86_400_000;
let root: string;
let settings: VaultSettings;
let now = 1_800_000_000_000;
let seconds = 0;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'keeper-'));
  const at = (name: string) => join(root, name);
  settings = VaultSettings.parse({
    id: randomUUID(),
    ...{
      data: at('data'),
      state: at('gate'),
      keeper: at('keeper'),
      secrets: at('secrets'),
      retentionDays: 30,
    },
  });
  await mkdir(settings.keeper, { recursive: true });
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function object(repo: string, type: string, content: string): Promise<string> {
  const name = createHash('sha256').update(content).digest('hex');
  const path = join(settings.data, repo, type, name);
  await mkdir(join(settings.data, repo, type), { recursive: true });
  await writeFile(path, content);
  return path;
}
const pass = (hours: number) => {
  now += (hours * DAY) / 24;
  seconds += hours * 3600;
};
const report = async () =>
  Report.parse(JSON.parse(await readFile(join(settings.keeper, 'report.json'), 'utf8')));
const made = () =>
  new Keeper(
    settings,
    () => now,
    () => seconds,
  );

test('counts what there is, and finds an object that is not what its name says', async () => {
  const pack = await object('u/p-1', 'data', 'sealed');
  await object('u/p-1', 'snapshots', 'snapshot');
  const keeper = made();
  await keeper.keep();
  expect((await report()).repositories).toMatchObject([
    { user: 'u', name: 'p-1', objects: 2, snapshots: 1, bytes: 14 },
  ]);
  expect((await report()).damaged).toEqual([]);
  await writeFile(pack, 'sEaled');
  pass(1);
  await keeper.keep();
  expect((await report()).damaged).toEqual([pack.slice(settings.data.length + 1)]);
});

test('removes a generation whose time is over, says so, and touches nothing else', async () => {
  await object('u/p-1', 'snapshots', 'first');
  await object('u/p-2', 'snapshots', 'second');
  await object('u/q-1', 'snapshots', 'other');
  const keeper = made();
  const gone: string[] = [];
  for (let hour = 0; hour < 24 * 31; hour += 1) {
    gone.push(...(await keeper.keep()));
    pass(1);
  }
  expect(gone).toEqual(['u/p-1']);
  expect(existsSync(join(settings.data, 'u/p-1'))).toBe(false);
  expect(existsSync(join(settings.data, 'u/p-2')) && existsSync(join(settings.data, 'u/q-1'))).toBe(true);
  expect((await report()).removed).toMatchObject([{ id: 'u/p-1' }]);
});
