import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, expect, test } from 'vitest';
import { createLab } from './lab.ts';
import { leftovers, leftoversAfter, type Trace } from './leftovers.ts';

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

/** What the kernel ends by itself. */
const running = (lab: Trace): Trace => ({ ...lab, directory: '/nonexistent/lab' });
/** What has to be swept. Without the namespaces, because the next lab's may get the same numbers. */
const written = (lab: Trace): Trace => ({ ...lab, networks: [] });

afterEach(() => {
  for (const child of owners.splice(0)) child.kill('SIGKILL');
});

test('kill -9 of the owner leaves no process, namespace, mount, cgroup or file', async () => {
  const { child, lab } = await owner();
  expect(leftovers(running(lab))).not.toEqual([]);
  child.kill('SIGKILL');
  expect(await leftoversAfter(lab)).toEqual([]);
});

test('Ctrl-C leaves nothing either', async () => {
  const { child, lab } = await owner();
  child.kill('SIGINT');
  expect(await leftoversAfter(lab)).toEqual([]);
});

test('kill -9 of the warden ends the hosts at once, and the next lab sweeps up the rest', async () => {
  const { lab, warden } = await owner();
  process.kill(warden, 'SIGKILL');
  expect(await leftoversAfter(running(lab)), 'processes and namespaces end without anybody sweeping').toEqual(
    [],
  );
  expect(leftovers(written(lab))).not.toEqual([]);
  await using _next = await createLab({ hosts: [], uplink: false });
  expect(leftovers(written(lab))).toEqual([]);
});

test('kill -9 of both at once: the same', async () => {
  const { child, lab, warden } = await owner();
  process.kill(warden, 'SIGKILL');
  child.kill('SIGKILL');
  expect(await leftoversAfter(running(lab))).toEqual([]);
  await using _next = await createLab({ hosts: [], uplink: false });
  expect(leftovers(written(lab))).toEqual([]);
});
