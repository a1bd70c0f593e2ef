/** Runs in a's container, with a's own credentials in its environment; `input` is b's side: names and addresses. */
export const SCRIPT = `
import { lookup } from 'node:dns/promises';
import pg from 'pg';
const own = new URL(process.env.DATABASE_URL);
const enter = async (url, ssl) => {
  const client = new pg.Client({ connectionString: url.href, connectionTimeoutMillis: 5000, ...(ssl ? { ssl } : {}) });
  client.on('error', () => {});
  try {
    await client.connect();
    const { rows } = await client.query('select current_user as me, current_database() as here');
    return { in: true, said: rows[0].me + '@' + rows[0].here };
  } catch (error) {
    return { in: false, said: String(error.code ?? error.message) };
  } finally {
    await client.end().catch(() => {});
  }
};
const bare = (change) => {
  const url = new URL(own.href);
  url.search = '';
  change(url);
  return url;
};
const lax = { rejectUnauthorized: false };
const mine = await enter(own);
const works = [{ what: 'a in its own database', ok: mine.in, said: mine.said }];
const attempts = [];
const attempt = async (what, change) => {
  const { in: got, said } = await enter(bare(change), lax);
  attempts.push({ what, refused: !got, said });
};
for (const host of [input.host, ...input.addresses]) {
  await attempt('b at ' + host + ' with the credentials of a', (url) => { url.hostname = host; });
  await attempt("b's database at " + host + ' with the credentials of a', (url) => { url.hostname = host; url.pathname = '/' + input.database; });
}
for (const database of ['postgres', 'template1', input.database])
  await attempt('the database ' + database + ' on its own server', (url) => { url.pathname = '/' + database; });
for (const user of ['postgres', 'bastide', 'root', 'admin'])
  await attempt('the user ' + user + ' on its own server', (url) => { url.username = user; });
await attempt('its own user without a password', (url) => { url.password = ''; });
const plain = await enter(bare(() => {}), false);
attempts.push({ what: 'its own database without TLS', refused: !plain.in, said: plain.said });
const found = await lookup(input.host).then((a) => a.address, (error) => String(error.code));
report({ works, attempts: attempts.map((one) => ({ ...one })), found });
`;

/** Runs in b's container: where its database is, and that it can be reached from there. */
export const WHERE = `
import { lookup } from 'node:dns/promises';
import pg from 'pg';
const own = new URL(process.env.DATABASE_URL);
const client = new pg.Client({ connectionString: own.href, connectionTimeoutMillis: 5000 });
const ok = await client.connect().then(() => true, () => false);
await client.end().catch(() => {});
const found = await lookup(own.hostname, { all: true }).catch(() => []);
report({ host: own.hostname, database: own.pathname.slice(1), addresses: found.map(({ address }) => address), ok });
`;
