import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { isRefusal, must } from '../../kernel/refusal.ts';
import { sleep } from '../../kernel/time.ts';
import type { Started } from '../exec/port.ts';
import { runner } from '../exec/run.ts';
import { makeMemoryPki } from '../pki/memory.ts';
import type { Authority, IssuedLeaf } from '../pki/port.ts';
import { makeSyslog } from './client.ts';
import type { SyslogMessage } from './port.ts';

let dir: string;
let port: number;
let server: Started;
let root: Authority;
let mine: IssuedLeaf;
let stranger: IssuedLeaf;

const freePort = () =>
  new Promise<number>((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const found = (probe.address() as AddressInfo).port;
      probe.close(() => resolve(found));
    });
  });
const listens = (at: number) =>
  new Promise<boolean>((resolve) => {
    const socket = connect(at, '127.0.0.1');
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });

/** Debian's rsyslog with GnuTLS, which takes a client's certificate of our authority only, and writes each field it read. */
const config = (at: number) => `
module(load="imtcp" StreamDriver.Name="gtls" StreamDriver.Mode="1" StreamDriver.AuthMode="x509/certvalid")
global(workDirectory="${dir}" maxMessageSize="16k" parser.escapeControlCharactersOnReceive="off"
  DefaultNetstreamDriver="gtls" DefaultNetstreamDriverCAFile="${dir}/ca.pem"
  DefaultNetstreamDriverCertFile="${dir}/server.pem" DefaultNetstreamDriverKeyFile="${dir}/server.key")
template(name="fields" type="list" option.jsonf="on") {
  property(outname="pri" name="pri" format="jsonf")
  property(outname="at" name="timereported" dateFormat="rfc3339" format="jsonf")
  property(outname="host" name="hostname" format="jsonf")
  property(outname="program" name="app-name" format="jsonf")
  property(outname="id" name="msgid" format="jsonf")
  property(outname="data" name="structured-data" format="jsonf")
  property(outname="text" name="msg" format="jsonf")
}
ruleset(name="take") { action(type="omfile" file="${dir}/out.jsonl" template="fields") }
input(type="imtcp" port="${at}" address="127.0.0.1" ruleset="take")
`;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'bastide-rsyslog-'));
  await mkdir(join(dir, 'empty'));
  const pki = makeMemoryPki();
  root = must(await pki.root());
  const issue = async (usage: 'server' | 'client', name: string, from = pki) =>
    must(await from.issue({ commonName: name, hosts: [name], usage, days: 1 }));
  const leaf = await issue('server', 'logs.example.org');
  mine = await issue('client', 'bastide.example.org');
  stranger = await issue('client', 'bastide.example.org', makeMemoryPki('stranger'));
  await writeFile(join(dir, 'ca.pem'), root.certificate);
  await writeFile(join(dir, 'server.pem'), leaf.certificate);
  await writeFile(join(dir, 'server.key'), leaf.key.reveal(), { mode: 0o600 });
  port = await freePort();
  await writeFile(join(dir, 'rsyslog.conf'), config(port));
  server = runner.start({
    argv: ['/usr/sbin/rsyslogd', '-n', '-f', join(dir, 'rsyslog.conf'), '-i', join(dir, 'rsyslog.pid')],
  });
  while (!(await listens(port))) await sleep(100);
}, 60_000);
afterAll(async () => {
  server.kill('SIGTERM');
  await server.done;
  await rm(dir, { recursive: true, force: true });
});

const messages: SyslogMessage[] = Array.from({ length: 50 }, (_, n) => ({
  ...{ severity: n % 8, at: '2026-11-22T09:00:00.123456Z', host: 'bastide.example.org' },
  ...{ program: 'bastide-audit', id: 'apps:deploy', data: { index: `${n}`, target: 'a "]\\ b' } },
  text: JSON.stringify({ n, long: 'x'.repeat(n * 140) }),
}));
const deliver = async (client: IssuedLeaf | undefined, some = messages) => {
  const way = () => ({
    resolve: (_: string, done: (error: null, all: { address: string; family: number }[]) => void) =>
      done(null, [{ address: '127.0.0.1', family: 4 }]),
    permitted: () => true,
  });
  const said = await makeSyslog(way).deliver(
    { host: 'logs.example.org', port, ca: root.certificate, client, private: false },
    some,
  );
  return isRefusal(said) ? said.code : 'taken';
};
/** What rsyslog wrote; it writes after it has closed the connection. */
async function written(count: number): Promise<Record<string, string>[]> {
  for (;;) {
    const text = await readFile(join(dir, 'out.jsonl'), 'utf8').catch(() => '');
    const found = text.split('\n').filter(Boolean);
    if (found.length >= count) return found.map((line) => JSON.parse(line) as Record<string, string>);
    await sleep(100);
  }
}

it('is read by rsyslog field by field, and the closed connection is the receipt', async () => {
  expect(await deliver(mine)).toBe('taken');
  const read = await written(messages.length);
  expect(read).toHaveLength(messages.length);
  for (const [n, { pri, at, host, program, id, data, text }] of read.entries()) {
    expect([pri, host, program, id]).toEqual([
      `${13 * 8 + (n % 8)}`,
      'bastide.example.org',
      'bastide-audit',
      'apps:deploy',
    ]);
    expect(Date.parse(at!)).toBe(Date.parse('2026-11-22T09:00:00.123Z'));
    expect(data).toBe(`[bastide@32473 index="${n}" target="a \\"\\]\\\\ b"]`);
    expect(text?.trim()).toBe(messages[n]!.text);
  }
}, 60_000);

it('is refused without a certificate, and with one of somebody else', async () => {
  expect(await deliver(undefined)).not.toBe('taken');
  expect(await deliver(stranger)).not.toBe('taken');
  expect(await deliver(mine, messages.slice(0, 1))).toBe('taken');
  expect(await written(messages.length + 1)).toHaveLength(messages.length + 1);
}, 60_000);
