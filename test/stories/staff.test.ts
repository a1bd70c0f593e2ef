import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { plain } from './lib/apps.ts';
import { invited, operator, type Person } from './lib/people.ts';
import { DOMAIN, openPlatform, type Platform } from './lib/platform.ts';

interface Grant {
  readonly id: string;
  readonly state: string;
  readonly reason: string;
  readonly endReason: string | null;
  readonly review: string | null;
}
interface Deed {
  readonly actor: string;
  readonly action: string;
  readonly outcome: string;
  readonly what: string | null;
}

const APP = ['--app', 'vault'];
const WHY = ['--reason', 'Ticket 4711: it answers 502 since noon'];
const CLI = 'src/main/cli.ts';

let platform: Platform;
/** Who owns the organization; two who run the platform and are of no organization of hers; and who reviews. */
let bea: Person;
let opal: Person;
let otto: Person;
let sven: Person;

/** Asks for access as opal; the id of the request. */
const ask = (scope: string, time = '1h') =>
  opal
    .json<Grant>('access:request', '--project', 'private', '--scope', scope, '--for', time, ...WHY)
    .then(({ id }) => id);
const grantOf = async (id: string) =>
  (await bea.json<Grant[]>('access:grants', '--project', 'private')).find((one) => one.id === id);
/** Everything that was done under a grant, as the customer reads it. */
const deedsOf = (id: string) => bea.json<Deed[]>('access:grants', '--grant', id);

async function refused(who: Person, ...args: string[]): Promise<string> {
  const ran = await who.bastide(...args, '--json');
  expect(ran.code, `${args.join(' ')}: ${ran.stdout}`).not.toBe(0);
  expect(ran.stdout).not.toContain('canary');
  return ran.stdout + ran.stderr;
}

beforeAll(async () => {
  platform = await openPlatform();
  await platform.app('vault', 'private');
  const files = plain('open');
  const server = `console.log("the canary sings");${files['server.js']}`;
  await platform.ok('deploy', platform.source('vault', { ...files, 'server.js': server }), ...APP);
  bea = await invited(platform, platform, 'bea', 'owner', 'tellers');
  await bea.ok('config:set', 'TOKEN=canary', ...APP);
  const warden = await operator(platform, 'warden');
  const keepers = `keepers-${warden.name.slice(-6)}`;
  await platform.ok('organizations:create', keepers);
  for (const [name, role] of [
    ['opal', 'operator'],
    ['otto', 'operator'],
    ['sven', 'security-officer'],
  ] as const) {
    const made = await invited(platform, platform, name, 'viewer', keepers);
    await warden.ok('staff:add', made.name, '--role', role);
    if (name === 'opal') opal = made;
    else if (name === 'otto') otto = made;
    else sven = made;
  }
});
afterAll(async () => platform?.[Symbol.asyncDispose]());

const EVERYTHING: readonly (readonly string[])[] = [
  ['logs', ...APP],
  ['run', ...APP, '--', 'env'],
  ['config', ...APP],
  ['config:reveal', 'TOKEN', ...APP],
  ['releases', ...APP],
  ['ssh:certificate', 'vault'],
  ['apps:destroy', ...APP, '--confirm', 'vault'],
];

test('without consent an operator sees nothing of a customer, and cannot consent for her', async () => {
  for (const args of EVERYTHING) await refused(opal, ...args);
  const id = await ask('logs');
  for (const who of [opal, otto]) await refused(who, 'access:approve', id, '--organization', 'tellers');
  expect((await grantOf(id))?.state).toBe('waiting');
  for (const args of EVERYTHING) await refused(opal, ...args);

  const waiting = await bea.json<Grant[]>('access:requests', '--organization', 'tellers');
  expect(JSON.stringify(waiting)).toContain('Ticket 4711');
  await bea.ok('access:decline', id, '--organization', 'tellers');
  for (const args of EVERYTHING) await refused(opal, ...args);
});

test('with consent to logs: the logs, and nothing else', async () => {
  const id = await ask('logs');
  await bea.ok('access:approve', id, '--organization', 'tellers');
  expect(await opal.ok('logs', ...APP)).toContain('the canary sings');
  for (const args of EVERYTHING.slice(1)) await refused(opal, ...args);
  await refused(otto, 'logs', ...APP);
  await bea.ok('access:revoke', id, '--organization', 'tellers');
  await refused(opal, 'logs', ...APP);
  expect(
    (await deedsOf(id)).some(({ actor, action }) => actor === opal.name && action.includes('logs')),
  ).toBe(true);
});

describe('with consent to run', () => {
  let id: string;
  beforeAll(async () => {
    id = await ask('run');
    await bea.ok('access:approve', id, '--organization', 'tellers');
  });

  test('a terminal is recorded, and the customer replays it', async () => {
    const line = `${process.execPath} ${CLI} run --app vault sh`;
    const session = platform.desk.spawn(['script', '-qefc', line, '/dev/null'], {
      env: { ...opal.env, TERM: 'xterm' },
      cwd: process.cwd(),
    });
    await session.says(/\$ /, 120_000);
    session.child.stdin.write('echo seen $((40+2)); exit 5\n');
    expect(await session.exited).toBe(5);
    expect(session.stdout).toContain('seen 42');

    const recordings = await bea.json<{ id: string; actor: string }[]>('recordings', 'tellers');
    expect(recordings.map(({ actor }) => actor)).toEqual([opal.name]);
    const played = await bea.ok('recordings:play', 'tellers', recordings[0]!.id, '--speed', '100');
    expect(played).toContain('seen 42');
    await refused(opal, 'recordings:play', 'tellers', recordings[0]!.id);
  });

  test('revocation ends what is open within seconds, and everything that was done is told', async () => {
    const session = opal.begin('run', ...APP, '--', 'sh', '-c', 'echo in; sleep 600');
    await session.says(/in/, 120_000);
    await bea.ok('access:revoke', id, '--organization', 'tellers');
    for (let left = 30; left > 0 && session.child.exitCode === null; left -= 1) await sleep(500);
    expect(session.child.exitCode).not.toBeNull();
    expect(await session.exited).not.toBe(0);
    await refused(opal, 'run', ...APP, '--', 'env');
    expect((await grantOf(id))?.endReason).toBe('revoked');
    expect(JSON.stringify(await deedsOf(id))).toContain('sleep 600');
  });
});

test('consent ends by itself', async () => {
  const id = await ask('logs', '1m');
  await bea.ok('access:approve', id, '--organization', 'tellers');
  expect(await opal.ok('logs', ...APP)).toContain('canary');
  await sleep(61_000);
  await refused(opal, 'logs', ...APP);
});

test('break-glass takes two operators, tells the customer at once, and is reviewed', async () => {
  const args = ['--project', 'private', '--for', '30m', '--scope', 'logs', ...WHY];
  const { id } = await opal.json<Grant>('break-glass:request', ...args);
  await refused(opal, 'break-glass:confirm', id);
  await refused(opal, 'logs', ...APP);
  // Who became an operator today confirms nothing: nobody makes the second one that he needs.
  await refused(otto, 'break-glass:confirm', id);
  await platform.node.sql(
    `update memberships set since = since - interval '2 days' where organization_id is null and account_id = (select id from accounts where name = '${otto.name}')`,
  );
  await otto.ok('break-glass:confirm', id);
  expect(await opal.ok('logs', ...APP)).toContain('canary');
  const alerts = await bea.ok('alerts', 'tellers', '--json');
  expect(alerts).toContain('Ticket 4711');

  await bea.ok('access:revoke', id, '--organization', 'tellers');
  await refused(opal, 'logs', ...APP);
  await refused(opal, 'break-glass:review', id, '--finding', 'It was all well, I say');
  const finding = 'Needed, and kept to the logs of one app';
  await sven.ok('break-glass:review', id, '--finding', finding);
  expect((await grantOf(id))?.review).toBe(finding);
});

test('the customer reads all of it in her own log, and the log holds', async () => {
  const lines = await bea.ok('audit', 'tellers', '-n', '500', '--json');
  for (const word of [opal.name, otto.name, sven.name, 'Ticket 4711']) expect(lines).toContain(word);
  expect((await platform.get(`https://vault.${DOMAIN}/`)).status).toBe(200);
  expect((await platform.bastide('audit:verify')).code).toBe(0);
});
