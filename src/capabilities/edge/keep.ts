import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { EdgeCertificate } from '../../adapters/haproxy/port.ts';
import type { Outcome } from '../../kernel/refusal.ts';
import { certificateLost } from './errors.ts';

/** Certificates with their keys on this node: `<host>.pem`, 0600, in a directory of their own. */
export function certificateKeep(directory: string) {
  let cache: Promise<Map<string, EdgeCertificate>> | undefined;

  async function read(): Promise<Map<string, EdgeCertificate>> {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const found = new Map<string, EdgeCertificate>();
    for (const file of await readdir(directory)) {
      const host = file.endsWith('.pem') ? file.slice(0, -4) : undefined;
      if (host)
        found.set(host, { name: host, hosts: [host], pem: await readFile(join(directory, file), 'utf8') });
    }
    return found;
  }

  /** Read once, also where several ask at the same time: they would each have a list of their own. */
  function all(): Promise<Map<string, EdgeCertificate>> {
    cache ??= read().catch((error) => {
      cache = undefined;
      throw error;
    });
    return cache;
  }

  return {
    /** Those of the hosts that have one. */
    async of(hosts: readonly string[]): Promise<EdgeCertificate[]> {
      const found = await all();
      return hosts.flatMap((host) => found.get(host) ?? []);
    },
    /** Replaces the host's certificate; a reader finds the old or the new. */
    async put(host: string, pem: string): Promise<Outcome<void>> {
      const file = join(directory, `${host}.pem`);
      try {
        const found = await all();
        const handle = await open(`${file}.next`, 'w', 0o600);
        try {
          await handle.writeFile(pem);
          await handle.sync();
        } finally {
          await handle.close();
        }
        await rename(`${file}.next`, file);
        found.set(host, { name: host, hosts: [host], pem });
      } catch (error) {
        return certificateLost(host, (error as Error).message);
      }
    },
    /**
     * Removes the certificates of hosts that are not wanted. It is asked who is only after the look at what is here: a
     * certificate that comes meanwhile is not gone through, and one that is here had its host before.
     */
    async only(wanted: () => Promise<readonly string[]>): Promise<void> {
      const found = await all();
      const here = [...found.keys()];
      const hosts = new Set(await wanted());
      for (const host of here) {
        if (hosts.has(host)) continue;
        found.delete(host);
        await rm(join(directory, `${host}.pem`), { force: true });
      }
    },
  };
}
export type CertificateKeep = ReturnType<typeof certificateKeep>;
