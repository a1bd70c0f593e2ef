import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { LabHost } from './host.ts';

const root = join(import.meta.dirname, '..', '..');

export interface LabVault {
  readonly host: LabHost;
  readonly url: string;
  readonly fingerprint: string;
  /** Works once. */
  readonly code: string;
  /** What its `npm start` printed to be pasted on the platform. */
  readonly line: string;
}

/** `npm start -- --role vault` on a host of the lab. Run again it gives another code. */
export async function startVault(host: LabHost, ...words: string[]): Promise<LabVault> {
  // Its own build, as a machine of its own has.
  const dist = join(root, 'dist');
  const own = await host.exec(['mountpoint', '-q', dist]);
  if (own.code !== 0) await host.must(['mount', '-t', 'tmpfs', 'tmpfs', dist]);
  const said = await host.must(
    [
      ...[process.execPath, join(root, 'packaging/vault.ts'), '--role', 'vault', '--json'],
      ...['--address', host.address, ...words],
    ],
    { cwd: root },
  );
  const { line, url, fingerprint } = JSON.parse(said.trim().split('\n').at(-1) ?? '') as Omit<
    LabVault,
    'host' | 'code'
  >;
  return { host, url, fingerprint, line, code: line.split(' ').at(-1) ?? '' };
}

/** Where a vault keeps what it was given. */
export const VAULT_DATA = '/var/lib/bastide-vault/data';

/** Every object of the vault with its content's hash and size, as root of the vault's machine sees it; no locks. */
export function everything(host: LabHost): Record<string, string> {
  const data = host.path(VAULT_DATA);
  const found: Record<string, string> = {};
  for (const file of readdirSync(data, { recursive: true, withFileTypes: true })) {
    const path = join(file.parentPath, file.name);
    if (!file.isFile() || path.includes('/locks/')) continue;
    const content = createHash('sha256').update(readFileSync(path)).digest('hex');
    found[path.slice(data.length + 1)] = `${content} ${statSync(path).size}`;
  }
  return found;
}

/** One object of each kind of the repository at `place`. */
export function objectsOf(host: LabHost, place: string): Record<string, string> {
  const first = (kind: string) =>
    readdirSync(join(host.path(place), kind), { recursive: true, withFileTypes: true }).find((one) =>
      one.isFile(),
    )!.name;
  return Object.fromEntries(['data', 'snapshots', 'index', 'keys'].map((kind) => [kind, first(kind)]));
}
