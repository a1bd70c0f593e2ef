import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { plain } from './lib/apps.ts';
import { DOMAIN, openPlatform, type Platform } from './lib/platform.ts';

const APP = 'ledger';
const DATABASE = 'ledger-db';
const WORD = 'c4n4ry-of-the-ledger';
let platform: Platform;

/** Writes and counts words in its database; whatever goes wrong is a 500. */
const ledger = (says: string): Record<string, string> => ({
  ...plain(says),
  'package.json': '{"name":"ledger","private":true,"dependencies":{"pg":"8.16.3"}}',
  'server.js': `const { Pool } = require('pg');
const pool = process.env.DATABASE_URL && new Pool({ connectionString: process.env.DATABASE_URL, max: 4 });
const made = pool && pool.query('CREATE TABLE IF NOT EXISTS words (id bigserial PRIMARY KEY, word text NOT NULL)').catch(() => undefined);
const server = require('http').createServer(async (q, r) => {
  const url = new URL(q.url, 'http://x');
  if (url.pathname === '/up') return r.end(${JSON.stringify(says)});
  try {
    await made;
    if (url.pathname === '/add') await pool.query('INSERT INTO words (word) VALUES ($1)', [url.searchParams.get('word')]);
    const { rows } = await pool.query('SELECT count(*) AS words, max(word) AS last FROM words');
    r.end(JSON.stringify(rows[0]));
  } catch (error) { r.statusCode = 500; r.end(String(error)); }
}).listen(Number(process.env.PORT), '0.0.0.0');
process.once('SIGTERM', () => server.close(async () => { await pool?.end(); process.exit(0); }));
`,
});

const page = (path: string) => platform.get(`https://${APP}.${DOMAIN}${path}`);
const sql = async (statement: string, database = DATABASE) =>
  (await platform.json<{ exitCode: number; output: string }>('pg:psql', database, '-c', statement)).output;
const count = async () => (JSON.parse((await page('/')).body) as { words: string }).words;

async function until(question: () => Promise<boolean>, seconds = 180): Promise<void> {
  for (let left = seconds; left > 0; left -= 1) {
    if (await question().catch(() => false)) return;
    await sleep(1000);
  }
  throw new Error('it did not become so');
}

const services = async () =>
  (await platform.node.docker('service', 'ls', '--format', '{{.Name}}')).stdout.split('\n').filter(Boolean);
const databaseService = async () => (await services()).find((name) => name.startsWith('b-db-'))!;

/** The engine ends and comes back, with everything in it. */
async function restartEngine(): Promise<void> {
  const { node } = platform;
  const running = (await node.host.must(['pidof', 'dockerd'])).trim().split(' ');
  await node.host.must(['kill', '-TERM', ...running]);
  await until(async () => (await node.host.exec(['kill', '-0', ...running])).code !== 0);
  // What a supervisor does when the machine comes back.
  await node.killAgent();
  await node.ready();
}

beforeAll(async () => {
  platform = await openPlatform();
  await platform.app(APP, 'books');
  await platform.ok('deploy', platform.source(APP, ledger('one')), '--app', APP);
});
afterAll(async () => platform?.[Symbol.asyncDispose]());

describe('a database', () => {
  test('is created and attached, and the app writes to it over verified TLS', async () => {
    await platform.ok('pg:create', DATABASE, '--project', 'books');
    await platform.ok('pg:attach', DATABASE, '--app', APP);
    expect(await page(`/add?word=${WORD}`)).toEqual({
      status: 200,
      body: JSON.stringify({ words: '1', last: WORD }),
    });
    expect((await platform.json<{ name: string }[]>('config', '--app', APP)).map(({ name }) => name)).toEqual(
      expect.arrayContaining(['DATABASE_URL', 'LEDGER_DB_URL']),
    );
  });

  test('answers its owner through psql, says how it is, and lets nobody out of it', async () => {
    expect(await sql('SELECT word FROM words')).toContain(WORD);
    expect(await sql('\\conninfo')).toMatch(/SSL connection \(protocol: TLSv1\.3/);
    const info = await platform.json<{ sizeBytes: number; maxConnections: number }>('pg:info', DATABASE);
    expect(info).toMatchObject({ maxConnections: 20 });
    const refused = await platform.bastide('pg:psql', DATABASE, '-c', "COPY words FROM PROGRAM 'id'");
    expect([refused.code, refused.stdout + refused.stderr]).toEqual([
      3,
      expect.stringContaining('must be superuser or have privileges'),
    ]);
    const outside = await sql('\\! cat /config/server.key /data/main/PG_VERSION; id -u');
    expect(outside).toMatch(/^65534$/m);
    expect(outside.match(/Permission denied/g)).toHaveLength(2);
    expect(outside).not.toMatch(/PRIVATE KEY|^15$/m);
  });

  test('is attached once, to apps of its own project only, and is not destroyed while it is', async () => {
    await platform.app('stranger', 'elsewhere');
    for (const [code, ...words] of [
      ['database_other_project', 'pg:attach', DATABASE, '--app', 'stranger'],
      ['database_attached', 'pg:attach', DATABASE, '--app', APP],
      ['database_in_use', 'pg:destroy', DATABASE, '--confirm', DATABASE],
      ['database_other_engine', 'mysql:info', DATABASE],
      ['database_extension_unknown', 'pg:extensions:enable', DATABASE, 'dblink'],
      ['database_name_taken', 'pg:create', DATABASE, '--project', 'books'],
    ] as const) {
      const refused = await platform.bastide(...words, '--json');
      expect(refused.stdout + refused.stderr, words.join(' ')).toContain(code);
    }
    await platform.ok('pg:extensions:enable', DATABASE, 'pg_trgm');
    expect(await sql("SELECT similarity('a', 'a')")).toContain('1');
  });

  test('changes its credentials under load without a failed query', async () => {
    const [before] = (await sql('SELECT session_user')).match(/u_[0-9a-f]{12}_\d+/) ?? [];
    const load = await platform.load(APP, { kinds: { get: 20, getNew: 4 } });
    await platform.ok('pg:credentials:rotate', DATABASE);
    const result = await load.end();
    expect(result.failures).toEqual([]);
    expect(result.sent).toBeGreaterThan(100);
    const [after] = (await sql('SELECT session_user')).match(/u_[0-9a-f]{12}_\d+/) ?? [];
    expect([before?.endsWith('_1'), after?.endsWith('_2')]).toEqual([true, true]);
    expect(await sql("SELECT rolname FROM pg_roles WHERE rolname LIKE 'u\\_%'")).not.toContain(before);
    expect(await count()).toBe('1');
  });

  test('keeps what it has through a redeploy, a rollback and a restart of the engine', async () => {
    await platform.ok('deploy', platform.source(APP, ledger('two')), '--app', APP);
    expect(await count()).toBe('1');
    // The release of before the rotation had credentials that are gone.
    await platform.ok('rollback', '--app', APP);
    expect(await count()).toBe('1');
    await restartEngine();
    await until(async () => (await count()) === '1');
  });

  test('comes back where somebody took its service away', async () => {
    await platform.node.docker('service', 'rm', await databaseService());
    await until(async () => (await page('/')).status === 500, 60);
    await until(async () => (await count()) === '1');
  });

  test('is copied, and the copy becomes the main one of the app', async () => {
    await platform.ok('pg:fork', DATABASE, 'copy-db');
    expect(await sql('SELECT word FROM words', 'copy-db')).toContain(WORD);
    await platform.ok('pg:attach', 'copy-db', '--app', APP);
    await platform.ok('pg:promote', 'copy-db', '--app', APP);
    await page('/add?word=into-the-copy');
    expect(await sql('SELECT count(*) FROM words', 'copy-db')).toContain('2');
    expect(await sql('SELECT count(*) FROM words')).toContain('1');
    await platform.ok('pg:promote', DATABASE, '--app', APP);
    await platform.ok('pg:detach', 'copy-db', '--app', APP);
    await platform.ok('pg:destroy', 'copy-db', '--confirm', 'copy-db', '--no-backup');
    expect(await platform.json<{ name: string }[]>('databases')).toMatchObject([{ name: DATABASE }]);
    expect(await count()).toBe('1');
  });

  test('goes over to a newer version and back', async () => {
    await platform.ok('pg:upgrade', DATABASE, '17', '--no-backup');
    expect(await sql('SHOW server_version')).toMatch(/^.*\b17\./ms);
    expect(await sql('SELECT word FROM words')).toContain(WORD);
    await until(async () => (await count()) === '1', 60);
    await platform.ok('pg:upgrade:undo', DATABASE, '--confirm', DATABASE);
    expect(await sql('SHOW server_version')).toMatch(/^.*\b15\./ms);
    await until(async () => (await count()) === '1', 60);
  });

  test('is gone when it was destroyed', async () => {
    await platform.ok('pg:detach', DATABASE, '--app', APP);
    await platform.ok('pg:destroy', DATABASE, '--confirm', DATABASE, '--no-backup');
    expect(await platform.json('databases')).toEqual([]);
    expect((await services()).some((name) => name.startsWith('b-db-'))).toBe(false);
    const left = await platform.node.host.exec([
      'find',
      '/var/lib/bastide/projects',
      '-path',
      '*databases/*',
    ]);
    expect(left.stdout).toBe('');
  });
});
