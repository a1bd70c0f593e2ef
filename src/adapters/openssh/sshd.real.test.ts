import { generateKeyPairSync } from 'node:crypto';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { isRefusal, must } from '../../kernel/refusal.ts';
import { runner } from '../exec/run.ts';
import { makeAuthority } from './authority.ts';
import type { Authority } from './port.ts';
import { dial, newKey, type Sshd, startSshd } from './testbed.ts';

const GATE = `#!${process.execPath}
const { readFileSync } = require('node:fs');
const auth = readFileSync(process.env.SSH_USER_AUTH, 'utf8').split(' ')[1];
console.log(JSON.stringify({ user: process.env.USER, auth, command: process.env.SSH_ORIGINAL_COMMAND ?? null,
  argv: process.argv.slice(2), secret: process.env.SECRET ?? null }));
process.exit(7);
`;
const HERE = 'project-here';
const login = { name: 'shop', principal: HERE, from: [], keys: [] };

let directory: string;
let authority: Authority;
let sshd: Sshd;
let serial = 100;

const at = (name: string) => join(directory, name);
const go = (key: string | undefined, more: Partial<Parameters<typeof dial>[0]> = {}) =>
  dial({
    directory,
    port: sshd.port,
    user: 'shop',
    ...(key ? { key: at(key) } : {}),
    command: ['node', 'script.js'],
    ...more,
  });

/** A key with a certificate beside it; what is not said is as it should be. */
async function certified(
  name: string,
  {
    by = authority,
    principals = [HERE],
    seconds = 300,
  }: { by?: Authority; principals?: string[]; seconds?: number } = {},
): Promise<number> {
  const publicKey = await newKey(at(name));
  serial += 1;
  const line = must(await by.certify({ serial, keyId: `ada/${name}`, principals, seconds, publicKey }));
  await writeFile(at(`${name}-cert.pub`), `${line}\n`);
  return serial;
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bastide-ssh-'));
  await writeFile(at('gate'), GATE);
  await chmod(at('gate'), 0o755);
  authority = makeAuthority({ run: runner, directory: at('authority'), now: Date.now });
  sshd = await startSshd(directory, must(await authority.gatewayFiles(['127.0.0.1'])), at('gate'));
  await sshd.write('revoked.krl', must(await authority.revocations([])));
  await sshd.logins([login]);
}, 60_000);
afterAll(async () => {
  await sshd?.stop();
  await rm(directory, { recursive: true, force: true });
});

it('lets a certificate of the project in, to the gate and nothing else, and passes its exit code on', async () => {
  // Long enough for all of this file, however slow the machine.
  await certified('good', { seconds: 3000 });
  const ran = await go('good', { args: ['-o', 'SetEnv=SECRET=1'] });
  expect(ran.code, ran.stderr + sshd.log()).toBe(7);
  expect(JSON.parse(ran.stdout)).toEqual({
    user: 'shop',
    auth: 'ssh-ed25519-cert-v01@openssh.com',
    command: 'node script.js',
    argv: ['-c', 'bastide'],
    secret: null,
  });
});

it('signs a key that came as PEM, as the command line makes it', async () => {
  const pair = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  await writeFile(at('pem'), pair.privateKey, { mode: 0o600 });
  serial += 1;
  const wish = { serial, keyId: 'ada/pem', principals: [HERE], seconds: 60, publicKey: pair.publicKey };
  await writeFile(at('pem-cert.pub'), must(await authority.certify(wish)));
  expect((await go('pem')).code).toBe(7);
});

const DENIED = /Permission denied \(publickey\)/;
async function denied(key: string | undefined, more: Partial<Parameters<typeof dial>[0]> = {}) {
  const ran = await go(key, more);
  expect(ran.code).toBe(255);
  expect(ran.stderr).toMatch(DENIED);
  expect(ran.stdout).toBe('');
}

it('refuses a password: there is no such way', () =>
  denied(undefined, { args: ['-o', 'PreferredAuthentications=password,keyboard-interactive'] }));

it('refuses a key that nobody signed', async () => {
  await newKey(at('bare'));
  await denied('bare');
});

it('refuses a certificate of another authority', async () => {
  const other = makeAuthority({ run: runner, directory: at('other'), now: Date.now });
  await certified('foreign', { by: other });
  await denied('foreign');
});

it('refuses a certificate of another project', async () => {
  await certified('elsewhere', { principals: ['project-elsewhere'] });
  await denied('elsewhere');
});

it('refuses one whose time is over, and one whose time is to come', async () => {
  for (const [name, validity] of [
    ['expired', '-2h:-1h'],
    ['future', '+1h:+2h'],
  ] as const) {
    await newKey(at(name));
    const signed = await runner.run({
      argv: [
        ...(['/usr/bin/ssh-keygen', '-q', '-s', at('authority/user_ca'), '-I', name] as const),
        ...['-n', HERE, '-V', validity, '-z', '9', at(`${name}.pub`)],
      ],
    });
    expect(must(signed).code).toBe(0);
    await denied(name);
  }
});

it('refuses a revoked one at the next connection, without being told', async () => {
  const revoked = await certified('revoked');
  expect((await go('revoked')).code).toBe(7);
  await sshd.write('revoked.krl', must(await authority.revocations([1, revoked])));
  await denied('revoked');
  expect((await go('good')).code).toBe(7);
});

it('refuses everybody where the list of revocations is gone', async () => {
  await rm(at('files/revoked.krl'));
  await denied('good');
  await sshd.write('revoked.krl', must(await authority.revocations([])));
  expect((await go('good')).code).toBe(7);
});

it('refuses another login name than an open one, and its principal from another address', async () => {
  await denied('good', { user: 'blog' });
  await denied('good', { user: 'root' });
  await sshd.logins([{ ...login, from: ['203.0.113.0/24'] }]);
  await denied('good');
  await sshd.logins([{ ...login, from: ['127.0.0.0/8'] }]);
  expect((await go('good')).code).toBe(7);
});

it('lets an enrolled key in until its end, and not after', async () => {
  const line = (await newKey(at('ci'))).split(' ').slice(0, 2).join(' ');
  await sshd.logins([{ ...login, keys: [{ line, until: new Date(Date.now() + 60_000) }] }]);
  expect((await go('ci')).code).toBe(7);
  await sshd.logins([{ ...login, keys: [{ line, until: new Date(Date.now() - 60_000) }] }]);
  await denied('ci');
  await sshd.logins([login]);
});

it('forwards nothing and has no sftp', async () => {
  const port = String(sshd.port);
  const local = await go('good', { args: ['-W', `127.0.0.1:${port}`], command: [] });
  expect(local.code).not.toBe(0);
  expect(local.stdout).toBe('');
  const remote = await go('good', { args: ['-o', 'ExitOnForwardFailure=yes', '-R', '0:127.0.0.1:1'] });
  expect(remote.code).toBe(255);
  const sftp = await go('good', { args: ['-s'], command: ['sftp'] });
  expect(sftp.stderr).toContain('subsystem request failed');
});

it('is what the client expects only with a certificate of the authority', async () => {
  await writeFile(at('known_hosts.old'), '');
  const ran = await go('good', { knownHosts: at('known_hosts.old') });
  expect(ran.stderr).toMatch(/Host key verification failed/);
});

it('signs nothing that is no key', async () => {
  for (const publicKey of [
    '',
    'ssh-ed25519 AAAA',
    `ssh-ed25519 ${'A'.repeat(68)}`,
    '-----BEGIN PUBLIC KEY-----',
  ]) {
    const answer = await authority.certify({
      serial: 1,
      keyId: 'x',
      principals: ['p'],
      seconds: 60,
      publicKey,
    });
    expect(isRefusal(answer) && answer.code).toBe('ssh_key_invalid');
  }
});

it('has no finding of ssh-audit', async () => {
  const audit = must(
    await runner.run({
      argv: ['ssh-audit', '--no-colors', '-l', 'warn', '-p', String(sshd.port), '127.0.0.1'],
    }),
  );
  // Its database is older than these two: both are in every current OpenSSH, the second against CVE-2023-48795.
  const KNOWN =
    /sntrup761x25519-sha512@openssh\.com|kex-strict-s-v00@openssh\.com|using experimental algorithm/;
  const findings = audit.stdout
    .split('\n')
    .filter((line) => /\[(warn|fail)\]/.test(line) && !KNOWN.test(line));
  expect(findings, audit.stdout).toEqual([]);
});

it('takes nothing of the old authority once it has been rotated', async () => {
  must(await authority.rotate());
  const keys = must(await authority.gatewayFiles(['127.0.0.1']));
  await sshd.write('user_ca.pub', keys.userAuthority);
  await sshd.write('revoked.krl', must(await authority.revocations([])));
  await denied('good');
  await certified('new');
  expect((await go('new')).code).toBe(7);
});
