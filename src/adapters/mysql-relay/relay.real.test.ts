import { createHash, randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { must } from '../../kernel/refusal.ts';
import { runner } from '../exec/run.ts';
import { gatewayConformance } from '../pgbouncer/conformance.ts';
import { listens, makeCertificates, until } from '../pgbouncer/testbed.ts';
import { readRelayLine } from './parse/log.ts';
import { type Ask, type Bed, hash, PASSWORD, startBed } from './testbed.ts';

let bed: Bed;
const apply: Bed['apply'] = (routes) => bed.apply(routes);
const route: Bed['route'] = (name, source) => bed.route(name, source);
const ask: Bed['ask'] = (sql, asked) => bed.ask(sql, asked);
const enter: Bed['enter'] = (one) => bed.enter(one);
const DENIED = /ERROR 1045 \(28000\).*Access denied for user '[^']*' \(wrong name, password or address\)/;
/** The words without the name that was tried. */
const words = async (asked: Ask) => (await ask('select 1', asked)).replace(/user '[^']*'/, "user '?'");

beforeAll(async () => {
  bed = await startBed();
});
afterAll(() => bed?.close());

gatewayConformance("The relay for MySQL's protocol", () => ({
  gateway: bed.gateway,
  listening: () => listens(bed.port),
  route,
  apply,
  enter,
}));

describe("MariaDB's own client", () => {
  beforeAll(async () => void must(await apply([route('one'), route('two')])));

  it('reaches the database of its name, over TLS on both sides', async () => {
    expect(await ask("select database(), current_user(); show status like 'Ssl_version'")).toBe(
      'one\tg_one@%\nSsl_version\tTLSv1.3',
    );
  });

  it('moves megabytes in one packet, and prepares statements', async () => {
    await ask('create table big (b longblob)');
    const hex = randomBytes(2_000_000).toString('hex');
    const big = ['--max-allowed-packet=64M'];
    await ask(`insert into big values (x'${hex}')`, { options: big });
    expect(await ask('select sha2(b, 256), length(b) from big', { options: big })).toBe(
      `${createHash('sha256').update(Buffer.from(hex, 'hex')).digest('hex')}\t2000000`,
    );
    expect(await ask("prepare s from 'select ? + 1'; set @a = 41; execute s using @a")).toBe('42');
  });

  it('asks for compression in vain and gets on without', async () =>
    expect(await ask('select 1', { options: ['--compress'] })).toBe('1'));

  it("cannot reach another project's database", async () => {
    expect(await ask('select 1', { database: 'two' })).toMatch(/ERROR 1044.*Access denied/);
    expect(await ask('select 1', { database: 'mysql' })).toMatch(/ERROR 1044.*Access denied/);
    expect(await ask('select * from two.big')).toMatch(/ERROR 1142.*denied/);
    expect(await words({ user: 'root', database: 'mysql', password: '' })).not.toBe('1');
  });

  it('cannot tell an unknown name from a wrong password or a wrong address', async () => {
    must(await apply([route('one'), route('two', '203.0.113.7')]));
    const wrong = await words({ password: 'wrong' });
    expect(wrong).toMatch(DENIED);
    for (const user of ['g_nobody', 'root', '__proto__', 'constructor'])
      expect(await words({ user, database: 'one' })).toBe(wrong);
    expect(await words({ user: 'g_two' })).toBe(wrong);
    must(await apply([route('one'), route('two')]));
    expect(await words({ user: 'g_two' })).toBe('1');
  });

  it('is refused without TLS and with an older one, in words', async () => {
    expect(await ask('select 1', { tls: false })).toMatch(/ERROR 3159.*TLS only/);
    expect(await ask('select 1', { options: ['--tls-version=TLSv1.2'] })).toMatch(/ERROR 2026.*(TLS|SSL)/);
  });

  it('is refused after the end of its route, and an open session ends at it', async () => {
    const soon = new Date(Date.now() + 4000).toISOString();
    must(await apply([{ ...route('one'), until: soon }]));
    const session = await enter(route('one'));
    if (typeof session === 'string') throw new Error(session);
    expect(await session.alive()).toBe(true);
    expect(await until(async () => !(await session.alive()))).toBe(true);
    expect(await words({})).toMatch(DENIED);
    must(await apply([route('one'), route('two')]));
  });

  it('does not reach a database that shows another authority’s certificate', async () => {
    const other = await makeCertificates();
    must(
      await bed.gateway.apply({
        routes: [route('one')],
        certificate: bed.certificates.gateway,
        ca: other.ca,
      }),
    );
    expect(await ask('select 1')).toMatch(/ERROR 1105.*does not answer/);
    must(await apply([route('one'), route('two')]));
  });

  it('is told when its credential has as many sessions as it may', async () => {
    const sessions = await Promise.all(Array.from({ length: 20 }, () => enter(route('one'))));
    expect(sessions.filter((session) => typeof session === 'string')).toEqual([]);
    expect(await ask('select 1')).toMatch(/ERROR 1226.*too many connections/);
    for (const session of sessions) if (typeof session !== 'string') await session.end();
    expect(await until(async () => (await ask('select 1')) === '1')).toBe(true);
  });
});

describe("other clients' libraries", () => {
  beforeAll(async () => void must(await apply([route('one')])));

  it("PHP's mysqli comes in, checks the certificate, and is refused as the others are", async () => {
    const script = join(bed.directory, 'client.php');
    await writeFile(
      script,
      `<?php mysqli_report(MYSQLI_REPORT_OFF); [, $port, $password] = $argv; $m = mysqli_init();
      $m->ssl_set(null, null, '${bed.directory}/ca.crt', null, null);
      $m->options(MYSQLI_OPT_SSL_VERIFY_SERVER_CERT, true);
      if (!@$m->real_connect('localhost.', 'g_one', $password, 'one', (int) $port, null, MYSQLI_CLIENT_SSL)) { echo $m->connect_error; exit; }
      $s = $m->prepare('select ? + 1, database()'); $n = 41; $s->bind_param('i', $n); $s->execute();
      echo implode(' ', $s->get_result()->fetch_row());`.replace('localhost.', '127.0.0.1'),
    );
    const php = async (password: string) =>
      must(await runner.run({ argv: ['php', script, String(bed.port), password] })).stdout;
    expect(await php(PASSWORD)).toBe('42 one');
    expect(await php('wrong')).toMatch(/Access denied for user 'g_one' \(wrong name, password or address\)/);
  });
});

it('says in its log who came, who was refused and why, and never a password', async () => {
  must(await apply([route('one')]));
  const from = bed.relay.log.length;
  await ask('select 1');
  await ask('select 1', { password: 'hunter2hunter2' });
  await ask('select 1', { tls: false });
  const read = () =>
    bed.relay.log
      .slice(from)
      .flatMap((line) => readRelayLine(line) ?? [])
      .map(({ kind, user, reason }) => [kind, user, reason]);
  await until(() => read().length >= 4);
  expect(read()).toEqual([
    ['opened', 'g_one', undefined],
    ['closed', 'g_one', 'session ended'],
    ['refused', 'g_one', 'wrong password'],
    ['refused', undefined, 'TLS required'],
  ]);
  const all = bed.relay.log.join('\n');
  for (const secret of [PASSWORD, 'hunter2hunter2', hash(PASSWORD)]) expect(all).not.toContain(secret);
});
