import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, chown, copyFile, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { dirname, join } from 'node:path';
import { runner, runOrRefuse } from '../../src/adapters/exec/run.ts';
import { makePki } from '../../src/adapters/pki/directory.ts';
import type { Command } from '../../src/kernel/command.ts';
import { isRefusal, type Outcome } from '../../src/kernel/refusal.ts';
import { VaultSettings } from '../../src/vault/settings.ts';
import { buildVault } from '../lib/build.ts';
import { failed } from '../lib/outcome.ts';
import { hasSystemd, untilSupervised } from '../lib/supervise.ts';
import * as layout from './layout.ts';

export interface Wanted {
  /** Addresses and names in the certificate; the first is where platforms are told to come. */
  readonly names: readonly string[];
  /** Changes of what stands in the settings file. */
  readonly over: Partial<VaultSettings>;
}

export interface Vault {
  readonly url: string;
  readonly fingerprint: string;
  readonly settings: VaultSettings;
}

async function must<T>(outcome: Promise<Outcome<T>>): Promise<T> {
  const value = await outcome;
  if (isRefusal(value)) throw value;
  return value;
}
const ran = (command: Command) => must(runOrRefuse(runner, command));

/** Settings stay as they are but for what was said now; the vault's id is made once. */
async function settle(over: Partial<VaultSettings>): Promise<VaultSettings> {
  const now = await readFile(layout.SETTINGS, 'utf8').catch(() => undefined);
  const settings = VaultSettings.parse({ id: randomUUID(), ...(now && JSON.parse(now)), ...over });
  await mkdir(layout.CONFIG, { recursive: true });
  await writeFile(layout.SETTINGS, `${JSON.stringify(settings, null, 2)}\n`, { mode: 0o644 });
  return settings;
}

async function place(path: string, content: string, mode: number, group = 0): Promise<boolean> {
  const same = (await readFile(path, 'utf8').catch(() => undefined)) === content;
  await mkdir(dirname(path), { recursive: true });
  if (!same) await writeFile(path, content, { mode });
  await chown(path, 0, group);
  await chmod(path, mode);
  return !same;
}

/** The program and the Node that runs it, where the vault's accounts can read them. */
async function install(bundle: string): Promise<boolean> {
  const program = await place(join(layout.PROGRAM, 'vault.js'), await readFile(bundle, 'utf8'), 0o644);
  const version = await place(join(layout.PROGRAM, 'node.version'), process.version, 0o644);
  const node = join(layout.PROGRAM, 'node');
  if (!version && existsSync(node)) return program;
  await copyFile(process.execPath, `${node}.next`);
  await chmod(`${node}.next`, 0o755);
  await rename(`${node}.next`, node);
  return true;
}

/** An authority of the vault's own, and the gate's certificate, made anew each time: it costs nothing. */
async function certify(names: readonly string[]): Promise<string> {
  const pki = makePki({ directory: layout.AUTHORITY, name: 'Bastide vault CA' });
  const root = await must(pki.root());
  const leaf = await must(
    pki.issue({
      commonName: 'bastide-vault',
      hosts: ['localhost', ...names.filter((name) => isIP(name) === 0)],
      addresses: ['127.0.0.1', ...names.filter((name) => isIP(name) !== 0 && name !== '127.0.0.1')],
      usage: 'server',
      days: 825,
    }),
  );
  await place(layout.files.chain, leaf.certificate + root.certificate, 0o644);
  await place(layout.files.key, leaf.key.reveal(), 0o640, layout.GATE);
  return root.fingerprint;
}

/** What the gate shows the store, so that no other program of this machine can talk to it. */
async function pair(): Promise<void> {
  const known = await readFile(layout.files.storePassword, 'utf8').catch(() => undefined);
  const password = known ?? randomBytes(32).toString('hex');
  await place(layout.files.storePassword, password, 0o640, layout.GATE);
  const hash = createHash('sha1').update(password).digest('base64');
  await place(layout.HTPASSWD, `gate:{SHA}${hash}\n`, 0o640, layout.STORE);
}

async function superviseWithSystemd(settings: VaultSettings): Promise<void> {
  for (const part of layout.PARTS)
    await place(join('/etc/systemd/system', layout.unitOf(part)), layout.unit(part, settings), 0o644);
  await ran(layout.systemctl('daemon-reload'));
  for (const part of layout.PARTS) {
    await ran(layout.systemctl('enable', layout.unitOf(part)));
    await ran(layout.systemctl('restart', layout.unitOf(part)));
  }
}

async function superviseWithRunit(settings: VaultSettings): Promise<void> {
  for (const [path, content] of Object.entries(layout.runitFiles(settings)))
    await place(path, content, path.endsWith('/run') ? 0o700 : 0o600);
  await mkdir(layout.RUN, { recursive: true, mode: 0o755 });
  await ran(layout.startRunsvdir);
  for (const part of layout.PARTS) {
    await untilSupervised(join(layout.SERVICES, part));
    await ran(layout.sv('force-restart', part));
  }
}

const host = (name: string): string => (isIP(name) === 6 ? `[${name}]` : name);

/** Brings a vault up on this machine and waits until its gate answers. */
export async function bringUpVault({ names, over }: Wanted): Promise<Vault> {
  const [first = '127.0.0.1'] = names;
  const settings = await settle(over);
  await buildVault();
  for (const { path, mode, owner, group } of layout.directories(settings)) {
    await mkdir(path, { recursive: true });
    await chown(path, owner, group);
    await chmod(path, mode);
  }
  await install(join(import.meta.dirname, '../../dist/vault.js'));
  const fingerprint = await certify(names);
  await pair();
  await (hasSystemd() ? superviseWithSystemd(settings) : superviseWithRunit(settings));
  const url = `https://${host(first)}:${settings.port}`;
  await untilUp(settings.port);
  return { url, fingerprint, settings };
}

async function untilUp(port: number): Promise<void> {
  const { vaultClient } = await import('../../src/adapters/vault/client.ts');
  for (let left = 150; left > 0; left -= 1) {
    const seen = await vaultClient.authority(`https://127.0.0.1:${port}`, '');
    if (isRefusal(seen) && seen.code === 'vault_untrusted') return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw failed('vault_not_up', 'The vault does not answer', `Look into ${layout.LOG}, or journalctl.`);
}

/** Works once, within a day. */
export const newCode = async (): Promise<string> => (await ran(layout.newCode)).stdout.trim();

/** A vault was made on this machine. */
export const hasVault = (): boolean => existsSync(layout.SETTINGS);

/** Ends the vault's programs; what it keeps stays. */
export async function stopVault(): Promise<void> {
  if (!hasVault()) return;
  if (hasSystemd()) {
    for (const part of layout.PARTS)
      await runner.run(layout.systemctl('disable', '--now', layout.unitOf(part)));
    return;
  }
  if (!existsSync(layout.RUN)) return;
  for (const part of layout.PARTS) await runner.run(layout.sv('force-stop', part));
  await runner.run(layout.stopRunsvdir);
}
