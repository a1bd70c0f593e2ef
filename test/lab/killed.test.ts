import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, expect, test } from 'vitest';
import { createLab } from './lab.ts';
import { leftovers, runningOf, settled, type Trace, writtenBy } from './leftovers.ts';
import { startTime } from './sweep.ts';

const owners: ChildProcess[] = [];

interface Owned {
  readonly child: ChildProcess;
  readonly lab: Trace;
  readonly warden: number;
}

async function owner(): Promise<Owned> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'fixtures', 'owner.ts')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  owners.push(child);
  const [line] = (await once(createInterface({ input: child.stdout! }), 'line')) as [string];
  const { warden, ...lab } = JSON.parse(line) as Trace & { warden: number };
  return { child, lab, warden };
}

/** What the kernel ends by itself, the warden among it. */
const running = ({ lab, warden }: Owned) =>
  settled(() => [...runningOf(lab), ...(startTime(warden) === undefined ? [] : [`warden ${warden}`])]);

afterEach(() => {
  for (const child of owners.splice(0)) child.kill('SIGKILL');
});

test('kill -9 of the owner leaves no process, namespace, mount, cgroup or file', async () => {
  const { child, lab } = await owner();
  expect(runningOf(lab)).not.toEqual([]);
  child.kill('SIGKILL');
  expect(await settled(() => leftovers(lab))).toEqual([]);
});

test('Ctrl-C leaves nothing either', async () => {
  const { child, lab } = await owner();
  child.kill('SIGINT');
  expect(await settled(() => leftovers(lab))).toEqual([]);
});

test('kill -9 of the warden ends the hosts at once, and the next lab sweeps up the rest', async () => {
  const owned = await owner();
  process.kill(owned.warden, 'SIGKILL');
  expect(await running(owned), 'processes and namespaces end without anybody sweeping').toEqual([]);
  expect(writtenBy(owned.lab)).not.toEqual([]);
  await using _next = await createLab({ hosts: [], uplink: false });
  expect(writtenBy(owned.lab)).toEqual([]);
});

test('kill -9 of both at once: the same', async () => {
  const owned = await owner();
  process.kill(owned.warden, 'SIGKILL');
  owned.child.kill('SIGKILL');
  expect(await running(owned)).toEqual([]);
  await using _next = await createLab({ hosts: [], uplink: false });
  expect(writtenBy(owned.lab)).toEqual([]);
});
