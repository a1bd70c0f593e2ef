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
