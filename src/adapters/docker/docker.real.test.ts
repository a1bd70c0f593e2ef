import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createLab, type Lab } from '../../../test/lab/lab.ts';
import { must } from '../../kernel/refusal.ts';
import { Secret } from '../../kernel/secret.ts';
import { sleep } from '../../kernel/time.ts';
import { engineConformance } from './conformance.ts';
import { makeEngine } from './engine.ts';
import { writeNodeImage } from './fixtures/image.ts';
import type { Engine, LogLine } from './port.ts';

const FIXTURE = join(import.meta.dirname, '../../../test/fixtures/node.ts');
let lab: Lab;
let scratch: string;
let engine: Engine;

beforeAll(async () => {
  lab = await createLab({ hosts: ['n1'], uplink: false });
  scratch = await mkdtemp(join(tmpdir(), 'bastide-docker-'));
  await lab.host('n1').must([process.execPath, FIXTURE, 'up']);
  engine = makeEngine(lab.host('n1').path('/run/bastide/engine.sock'), scratch);
  for (const [file, tag] of [
    ['image.tar', 'node:1'],
    ['other.tar', 'other:1'],
  ] as const) {
    await writeNodeImage(join(scratch, file), tag, [tag]);
  }
  must(await engine.imageLoad(join(scratch, 'image.tar')));
});

afterAll(async () => {
  await lab?.close();
  if (scratch) await rm(scratch, { recursive: true, force: true });
});

const limits = { memoryBytes: 256 * 1024 * 1024, cpus: 1, pids: 64 };
const part = (name: string, script: string) => ({
  name,
  labels: {},
  image: 'node:1',
  command: ['-e', script],
  env: { TOKEN: new Secret('told') },
  user: '1000:1000',
  network: 'none',
  mounts: [],
  tmpfs: [{ path: '/tmp', sizeBytes: 1024 * 1024 }],
  ports: [],
  limits,
  stopGraceSeconds: 1,
});

it('runs a container hardened, whatever its spec says', async () => {
  must(await engine.containerEnsure(part('hard', 'setInterval(() => {}, 1000)')));
  const look = `const fs = require('fs'); const t = fs.readFileSync('/proc/self/status', 'utf8');
    const word = (k) => t.match(new RegExp(k + ':\\\\s+(\\\\S+)'))[1];
    let root = 'written'; try { fs.writeFileSync('/x', ''); } catch (e) { root = e.code; }
    console.log(JSON.stringify({ caps: word('CapBnd'), nnp: word('NoNewPrivs'), seccomp: word('Seccomp'), uid: process.getuid(), root,
      map: fs.readFileSync('/proc/self/uid_map', 'utf8').trim().split(/\\s+/), tmp: /tmpfs \\/tmp tmpfs rw,nosuid,nodev,noexec/.test(fs.readFileSync('/proc/mounts', 'utf8')),
      token: process.env.TOKEN }));`;
  const ran = must(await engine.exec('hard', ['/bin/node', '-e', look]));
  expect(JSON.parse(ran.stdout)).toEqual({
    caps: '0000000000000000',
    nnp: '1',
    seccomp: '2',
    uid: 1000,
    root: 'EROFS',
    map: ['0', '100000', '65536'],
    tmp: true,
    token: 'told',
  });
});

it('gives a program its input whole and tells its exit code and both outputs', async () => {
  const script =
    "process.stdin.on('data', (d) => process.stdout.write(d)).on('end', () => { console.error('bad'); process.exitCode = 4; })";
  const ran = must(await engine.exec('hard', ['/bin/node', '-e', script], new Secret('x'.repeat(100_000))));
  expect({ ...ran, stdout: ran.stdout.length }).toEqual({ code: 4, stdout: 100_000, stderr: 'bad\n' });
  must(await engine.containerRemove('hard'));
});

it('streams megabytes both ways at the pace of the slower side, as another user with an environment', async () => {
  must(await engine.containerEnsure(part('pipe', 'setInterval(() => {}, 1000)')));
  const script =
    "process.stdin.pipe(process.stdout); process.stdin.on('end', () => { console.error(process.getuid() + process.env.WORD); process.exitCode = 3; })";
  const sent = createHash('sha256');
  const got = createHash('sha256');
  const stdin = Readable.from(
    (function* () {
      for (let i = 0; i < 64; i += 1) {
        const block = Buffer.alloc(1024 * 1024, i);
        sent.update(block);
        yield block;
      }
    })(),
  );
  const stdout = new Writable({
    highWaterMark: 1024,
    write(data: Buffer, _encoding, done) {
      got.update(data);
      setImmediate(done);
    },
  });
  const ran = must(
    await engine.execStream('pipe', ['/bin/node', '-e', script], {
      stdin,
      stdout,
      user: '65534:65534',
      env: { WORD: new Secret('word') },
    }),
  );
  expect(ran).toEqual({ code: 3, stderr: '65534word\n' });
  await new Promise((done) => stdout.end(done));
  expect(got.digest('hex')).toBe(sent.digest('hex'));
  must(await engine.containerRemove('pipe'));
});

it('hands a file to a service', async () => {
  must(
    await engine.swarmInit({
      advertise: '10.200.0.1',
      listen: '10.200.0.1',
      pool: '10.128.0.0/10',
      poolMask: 24,
    }),
  );
  must(await engine.networkEnsure({ name: 'files', labels: {}, driver: 'overlay', internal: false }));
  const file = { path: '/etc/bastide/ca.pem', content: 'a certificate' };
  const show = "console.log(require('fs').readFileSync('/etc/bastide/ca.pem', 'utf8'))";
  const { name: _name, mounts: _mounts, ports: _ports, ...rest } = part('show', show);
  const spec = {
    ...rest,
    name: 'show',
    labels: { file: 'yes' },
    replicas: 1,
    network: 'files',
    restart: 'none' as const,
  };
  must(await engine.serviceCreate({ ...spec, files: [file] }));
  let seen: string[] = [];
  const tasks = new Set<string | undefined>();
  for (let tries = 0; tries < 150 && seen.length === 0; tries += 1) {
    await sleep(200);
    seen = [];
    for await (const line of engine.logs({ service: 'show' }, { follow: false })) {
      seen.push(line.text);
      tasks.add(line.task);
    }
  }
  expect(seen).toEqual(['a certificate']);
  expect([...tasks]).toEqual(must(await engine.tasks({ file: 'yes' })).map(({ id }) => id));
  must(await engine.serviceRemove('show'));
  must(await engine.swarmLeave());
});

it('gives lines as they were written, long ones too, and follows until told to stop', async () => {
  const script =
    "console.log('a'.repeat(20000)); console.error('é'); setInterval(() => console.log('tick'), 200)";
  must(await engine.containerEnsure(part('talk', script)));
  const stop = new AbortController();
  const lines: LogLine[] = [];
  for await (const line of engine.logs({ container: 'talk' }, { follow: true, signal: stop.signal })) {
    lines.push(line);
    if (lines.filter(({ text }) => text === 'tick').length === 2) stop.abort();
  }
  expect(lines.find(({ source }) => source === 'stderr')?.text).toBe('é');
  expect(lines.find(({ text }) => text.startsWith('a'))?.text).toBe('a'.repeat(20000));
  expect(lines.every(({ at }) => /^\d{4}-.*Z$/.test(at))).toBe(true);
  must(await engine.containerRemove('talk'));
});

engineConformance('Docker', () => ({
  engine,
  image: 'node:1',
  archive: join(scratch, 'other.tar'),
  projects: scratch,
}));
