import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createLab, type Lab } from '../../../test/lab/lab.ts';
import { must } from '../../kernel/refusal.ts';
import { sleep } from '../../kernel/time.ts';
import { makeEngine } from './engine.ts';
import { writeNodeImage } from './fixtures/image.ts';
import type { Engine, Terminal } from './port.ts';

const FIXTURE = join(import.meta.dirname, '../../../test/fixtures/node.ts');
let lab: Lab;
let scratch: string;
let engine: Engine;
let container: string;

beforeAll(async () => {
  lab = await createLab({ hosts: ['n1'], uplink: false });
  scratch = await mkdtemp(join(tmpdir(), 'bastide-terminal-'));
  await lab.host('n1').must([process.execPath, FIXTURE, 'up']);
  engine = makeEngine(lab.host('n1').path('/run/bastide/engine.sock'));
  await writeNodeImage(join(scratch, 'image.tar'), 'node:1', ['node:1']);
  must(await engine.imageLoad(join(scratch, 'image.tar')));
  const made = await engine.containerEnsure({
    name: 'hold',
    labels: {},
    image: 'node:1',
    command: ['-e', 'setInterval(() => {}, 1000)'],
    env: { TOKEN: 'told' },
    user: '1000:1000',
    network: 'none',
    mounts: [],
    tmpfs: [{ path: '/tmp', sizeBytes: 1024 * 1024 }],
    ports: [],
    limits: { memoryBytes: 256 * 1024 * 1024, cpus: 1, pids: 64 },
    stopGraceSeconds: 1,
  });
  container = must(made).id;
});

afterAll(async () => {
  await lab?.close();
  if (scratch) await rm(scratch, { recursive: true, force: true });
});

const open = async (script: string, size?: { columns: number; rows: number }): Promise<Terminal> =>
  must(await engine.execTerminal(container, ['/bin/node', '-e', script], size ? { size } : {}));

/** Reads until the output has ended, or a text has come. */
async function reader(terminal: Terminal) {
  const seen = { stdout: '', stderr: '' };
  const all = (async () => {
    for await (const { source, data } of terminal.output) seen[source] += data.toString('utf8');
  })();
  const until = async (text: string) => {
    while (!seen.stdout.includes(text)) await sleep(20);
  };
  return { seen, all, until };
}

it('keeps both outputs apart, passes the end of the input on, and tells the exit code', async () => {
  const terminal = await open(
    "console.error(process.env.TOKEN + process.stdin.isTTY); process.stdin.pipe(process.stdout); process.stdin.on('end', () => { process.exitCode = 9; })",
  );
  const { seen, all } = await reader(terminal);
  await terminal.write(Buffer.alloc(300_000, 'x'));
  terminal.end();
  await all;
  expect([seen.stdout.length, seen.stderr]).toEqual([300_000, 'toldundefined\n']);
  expect(await terminal.ended()).toEqual({ code: 9 });
});

it('gives a terminal of the size that was asked for, changes it, and passes Ctrl-C on', async () => {
  const script = `const say = () => console.log('size ' + process.stdout.columns + 'x' + process.stdout.rows);
    setTimeout(say, 500); process.stdout.on('resize', say);
    process.on('SIGINT', () => process.exit(5)); setInterval(() => {}, 1000);`;
  const terminal = await open(script, { columns: 91, rows: 31 });
  const { all, until } = await reader(terminal);
  await until('size 91x31');
  await terminal.resize({ columns: 70, rows: 20 });
  await until('size 70x20');
  await terminal.write(Buffer.from('\u0003'));
  await all;
  expect(await terminal.ended()).toEqual({ code: 5 });
});

it('ends a program that nobody is at any more, with and without a terminal', async () => {
  const fixture = join(import.meta.dirname, 'fixtures/terminal.ts');
  const said = await lab.host('n1').must([process.execPath, fixture, '/run/bastide/engine.sock', container]);
  const counts = JSON.parse(said) as [number, number, number][];
  expect(counts).toHaveLength(2);
  for (const [before, meanwhile, after] of counts) expect([meanwhile, after]).toEqual([before + 1, before]);
});
