import { expect, test } from 'vitest';
import { VaultSettings } from '../../src/vault/settings.ts';
import {
  directories,
  GATE,
  newCode,
  PARTS,
  pasteLine,
  programOf,
  runitFiles,
  STORE,
  unit,
} from './layout.ts';
import { parseVault } from './options.ts';

const settings = VaultSettings.parse({ id: '019a0000-0000-7000-8000-000000000000' });

test('no part runs as root, and the gate and the store are not the same account', () => {
  expect(GATE).not.toBe(STORE);
  for (const part of PARTS) {
    const { uid } = programOf(part, settings);
    const run = runitFiles(settings)[`/var/lib/bastide-vault/services/${part}/run`];
    expect(run).toContain(
      `'setpriv' '--reuid' '${uid}' '--regid' '${uid}' '--clear-groups' '--no-new-privs'`,
    );
    expect(unit(part, settings)).toContain(`User=${uid}\n`);
    expect(uid).toBeGreaterThan(0);
  }
  expect(programOf('gate', settings).uid).toBe(GATE);
});

test('the store listens on loopback, adds only, and its password is in no argument', () => {
  expect(programOf('store', settings).argv.join(' ')).toBe(
    '/usr/bin/rclone serve restic --config /dev/null --addr 127.0.0.1:8445 --append-only --cache-objects=false /var/lib/bastide-vault/data --htpasswd /etc/bastide-vault/htpasswd',
  );
});

test('the keeper has no network', () => {
  expect(runitFiles(settings)['/var/lib/bastide-vault/services/keeper/run']).toContain("'unshare' '--net'");
  expect(unit('keeper', settings)).toContain('PrivateNetwork=yes');
  expect(unit('gate', settings)).not.toContain('PrivateNetwork');
});

test('the gate cannot look into the objects, nor the store into the journal', () => {
  const at = (path: string) => directories(settings).find((one) => one.path === path);
  expect(at(settings.data)).toMatchObject({ mode: 0o700, owner: STORE });
  expect(at(settings.state)).toMatchObject({ mode: 0o700, owner: GATE });
});

test('the line to paste, and the code that is made as the gate', () => {
  expect(pasteLine('https://192.0.2.7:8444', 'ab', 'cd')).toBe(
    'bastide vaults:add offsite --url https://192.0.2.7:8444 --ca ab --code cd',
  );
  expect(newCode.argv.slice(0, 3)).toEqual(['setpriv', '--reuid', String(GATE)]);
});

test('reads the words of npm start -- --role vault', () => {
  expect(parseVault(['--role', 'vault', '--address', '192.0.2.7', '--vault-port', '9000'])).toMatchObject({
    address: ['192.0.2.7'],
    port: 9000,
  });
  expect(() => parseVault(['--vault-prot', '1'])).toThrow('--vault-prot');
  expect(() => parseVault(['--daily-gib', 'x'])).toThrow('x is no number');
});
