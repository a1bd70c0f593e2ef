import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeMemoryPki } from '../../src/adapters/pki/memory.ts';
import { must } from '../../src/kernel/refusal.ts';
import type { LabProcess } from '../lab/host.ts';
import type { Lab } from '../lab/lab.ts';
import { invited, operator, type Person } from './lib/people.ts';
import { labOf, MAIL, openPlatform, type Platform } from './lib/platform.ts';

interface Letter {
  readonly to: readonly string[];
  readonly subject: string;
  readonly text: string;
}

const WHY = ['--reason', 'Ticket 4711: it answers 502 since noon'];
const PORT = 465;

let platform: Platform;
let mailbox: LabProcess;
let bea: Person;
let opal: Person;

const letters = (): Letter[] =>
  mailbox.stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Letter);
/** Subjects of what somebody got, without the platform's name. */
const got = (who: Person) =>
  letters()
    .filter(({ to }) => to.includes(`${who.name}@example.org`))
    .map(({ subject }) => subject.replace(/^\[.*?\] /, ''));
const soon = { timeout: 60_000, interval: 500 };

/** The mail server of somebody on the internet, and where the platform finds its authority and password. */
async function startMailbox(lab: Lab): Promise<LabProcess> {
  const pki = makeMemoryPki();
  const { certificate, key } = must(
    await pki.issue({ commonName: 'mail', hosts: [MAIL.host], usage: 'server', days: 1 }),
  );
  const place = '/run/lab/mailbox';
  lab.wan.writeFile(`${place}/key.pem`, key.reveal(), 0o600);
  lab.wan.writeFile(`${place}/certificate.pem`, certificate);
  const node = lab.host('n1');
  node.writeFile(MAIL.caFile, must(await pki.root()).certificate);
  node.writeFile(MAIL.passwordFile, 'of a test\n', 0o600);
  const script = join(import.meta.dirname, 'lib/mailbox.ts');
  const files = [`${place}/key.pem`, `${place}/certificate.pem`];
  const running = lab.wan.spawn([process.execPath, script, lab.wan.address, String(PORT), ...files]);
  await running.says(/listening/);
  return running;
}

beforeAll(async () => {
  const lab = await labOf();
  mailbox = await startMailbox(lab);
  platform = await openPlatform({ lab, mail: MAIL });
  await platform.app('letterbox', 'posted');
  bea = await invited(platform, platform, 'bea', 'owner', 'tellers');
  opal = await operator(platform, 'opal');
});
afterAll(async () => {
  mailbox?.kill();
  await platform?.[Symbol.asyncDispose]();
});

test('an operator sends himself a letter, and sees that it went', async () => {
  await opal.ok('mail:test');
  expect(got(opal)).toContain('Mail works');
  expect(await opal.json('mail')).toMatchObject({ enabled: true, failure: null, from: MAIL.from });
});

test('a new second factor is told to whoever has the account', async () => {
  await expect.poll(() => got(bea), soon).toContain('An authenticator app was added');
});

test('staff who ask are told of to the customer, with the page where it is decided', async () => {
  await opal.ok('access:request', '--project', 'posted', '--scope', 'logs', '--for', '1h', ...WHY);
  await expect.poll(() => got(bea), soon).toContain('posted: staff access requested');
  const letter = letters().find(({ subject }) => subject.includes('staff access requested'))!;
  expect(letter.text).toContain('Ticket 4711');
  const link = /https:\/\/\S+\/access/.exec(letter.text)![0];
  expect((await platform.get(link)).status).toBe(200);
  expect(got(opal).join()).not.toContain('staff access requested');
});
