import { setTimeout as sleep } from 'node:timers/promises';
import { startVault } from '../../lab/vault.ts';
import { plain } from './apps.ts';
import { DOMAIN, type Platform } from './platform.ts';

/** Where the app's volume has to be attached. */
export const HOARD = '/data/hoard';

/**
 * An app that keeps things in every place that a project has: its database, its volume, its config var WORD.
 * `/keep` writes the word in its body (or `?word=`), `/rows?n=` and `/files?n=` write much, `/told` says what there is, `/` reads one row.
 */
export const hoard = (says: string): Record<string, string> => ({
  ...plain(says),
  'package.json': '{"name":"hoard","private":true,"dependencies":{"pg":"8.16.3"}}',
  'server.js': `const { createHash, randomBytes } = require('crypto');
const { mkdirSync, readdirSync, readFileSync, writeFileSync } = require('fs');
const { join, relative } = require('path');
const { Pool } = require('pg');
const HOME = '${HOARD}';
const pool = process.env.DATABASE_URL && new Pool({ connectionString: process.env.DATABASE_URL, max: 4 });
pool?.on('error', () => undefined);
const TABLE = 'CREATE TABLE IF NOT EXISTS hoard (n bigserial PRIMARY KEY, at timestamptz NOT NULL DEFAULT clock_timestamp(), word text NOT NULL, sum text NOT NULL)';
const ADD = 'INSERT INTO hoard (word, sum) SELECT $1 || g, md5($1 || g) FROM generate_series(1, $2::int) g';
const SUM = "SELECT count(*)::int AS rows, md5(coalesce(string_agg(n || '|' || at || '|' || word || '|' || sum, ',' ORDER BY n), '')) AS sum FROM hoard";
const sha = (data) => createHash('sha256').update(data).digest('hex');
const files = () => Object.fromEntries(readdirSync(HOME, { recursive: true, withFileTypes: true })
  .filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name))
  .sort().map((file) => [relative(HOME, file), sha(readFileSync(file))]));
const answer = {
  '/keep': async (word) => {
    await pool.query(TABLE);
    await pool.query('INSERT INTO hoard (word, sum) VALUES ($1, md5($1))', [word]);
    mkdirSync(join(HOME, 'kept'), { recursive: true });
    writeFileSync(join(HOME, 'kept', word), (word + ' ').repeat(500));
    return 'kept';
  },
  '/rows': async (_, n) => { await pool.query(TABLE); await pool.query(ADD, ['row ', n]); return 'written'; },
  '/files': async (_, n) => {
    for (let i = 0; i < n; i += 1) {
      const place = join(HOME, 'many', String(i % 7), String(i % 3));
      mkdirSync(place, { recursive: true });
      writeFileSync(join(place, 'file ' + i), randomBytes((i * 977) % 40000), { mode: i % 2 ? 0o600 : 0o644 });
    }
    return 'written';
  },
  '/told': async () => JSON.stringify({ ...(await pool.query(SUM)).rows[0], word: process.env.WORD ?? null, files: files() }),
  '/': async () => JSON.stringify((await pool.query('SELECT n, sum = md5(word) AS whole FROM hoard ORDER BY n DESC LIMIT 1')).rows[0] ?? null),
};
const server = require('http').createServer(async (q, r) => {
  const url = new URL(q.url, 'http://x');
  if (url.pathname === '/up') return r.end(${JSON.stringify(says)});
  try {
    let body = '';
    for await (const part of q.setEncoding('utf8')) body += part;
    r.end(await (answer[url.pathname] ?? answer['/'])(body || url.searchParams.get('word'), Number(url.searchParams.get('n'))));
  } catch (error) { r.statusCode = 500; r.end(String(error)); }
}).listen(Number(process.env.PORT), '0.0.0.0');
process.once('SIGTERM', () => server.close(async () => { await pool?.end(); process.exit(0); }));
`,
});

/** What the app says that it has. */
export interface Told {
  readonly rows: number;
  /** Over every row, in order. */
  readonly sum: string;
  readonly word: string | null;
  /** SHA-256 of every file, by its path in the volume. */
  readonly files: Readonly<Record<string, string>>;
}

/** Waits until it is so; what goes wrong meanwhile is not so. */
export async function until(what: string, question: () => Promise<boolean>, seconds = 300): Promise<void> {
  const end = performance.now() + seconds * 1000;
  let last: unknown;
  while (performance.now() < end) {
    try {
      if (await question()) return;
    } catch (error) {
      last = error;
    }
    await sleep(1000);
  }
  throw new Error(`it did not come to this: ${what}${last ? `; ${String(last)}` : ''}`);
}

/** The project with everything in it that `hoard` uses, filled and answering. */
export async function makeHoard(
  platform: Platform,
  names: { readonly project: string; readonly app: string; readonly database: string; readonly word: string },
  amount = { rows: 5000, files: 60 },
): Promise<void> {
  const { project, app, database, word } = names;
  await platform.app(app, project);
  await platform.ok('volumes:create', `${app}-files`, '--project', project);
  await platform.ok('volumes:attach', `${app}-files`, HOARD, '--app', app);
  await platform.ok('pg:create', database, '--project', project, '--app', app);
  await platform.ok('config:set', `WORD=${word}`, '--app', app);
  await platform.ok('deploy', platform.source(app, hoard('one')), '--app', app);
  for (const path of [`/rows?n=${amount.rows}`, `/files?n=${amount.files}`]) {
    const { status, body } = await platform.get(`https://${app}.${DOMAIN}${path}`);
    if (status !== 200) throw new Error(`${path}: ${status} ${body}`);
  }
}

/** A vault on the platform's own machine where it has none yet: what a vault withstands is another test's matter. */
export async function ensureVault(platform: Platform): Promise<void> {
  if ((await platform.json<unknown[]>('vaults')).length > 0) return;
  await until('the vault takes the platform in', async () => {
    // Its parts start one after the other; a code that was used is not used again.
    const { url, fingerprint, code } = await startVault(platform.node.host);
    const words = ['--url', url, '--ca', fingerprint, '--code', code];
    return (await platform.bastide('vaults:add', 'here', ...words)).code === 0;
  });
}
