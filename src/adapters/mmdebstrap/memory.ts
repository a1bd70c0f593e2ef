import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import type { TarEntry } from '../oci/entries.ts';
import { withParents } from '../oci/entries.ts';
import { tarOf } from '../oci/tar-write.ts';
import type { Bootstrap } from './port.ts';

const file = (path: string, text: string, mode = 0o644): TarEntry => ({
  type: 'file',
  path,
  mode,
  uid: 0,
  gid: 0,
  content: Buffer.from(text),
});

const RELEASE = 'var/lib/apt/lists/mirror.example_debian_dists_bookworm_InRelease';

/** A bootstrap that installs nothing: tars with the files that every Debian has, and one more for each package. */
export function memoryBootstrap(extra: readonly TarEntry[] = []): Bootstrap & { readonly runs: string[] } {
  const runs: string[] = [];
  const write = (out: string, entries: readonly TarEntry[]) =>
    pipeline(tarOf(withParents(entries), new Date(2_000_000_000_000)), createWriteStream(out));
  const status = (names: readonly string[]) =>
    names
      .map((name) => `Package: ${name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.0-1\n`)
      .join('\n');
  return {
    runs,
    async base(suite, out) {
      runs.push(`base ${suite}`);
      await write(out, [
        file(RELEASE, 'Date: Fri, 20 Nov 2026 02:11:10 UTC\n'),
        file('var/lib/dpkg/status', ''),
      ]);
      return undefined;
    },
    async root({ packages, out }) {
      runs.push(`root ${packages.join(' ')}`);
      await write(out, [
        file('etc/passwd', 'root:x:0:0:root:/root:/bin/bash\nmake:x:101:101::/:/bin/sh\n'),
        file('etc/group', 'root:x:0:\nmake:x:101:root\n'),
        file('etc/shadow', 'root:*:20000:0:99999:7:::\nmake:!:20000::::::\n', 0o640),
        file('etc/machine-id', 'abc'),
        file('var/lib/dpkg/status', status(packages)),
        ...packages.map((name) => file(`usr/bin/${name}`, name, 0o4755)),
        ...extra,
      ]);
      return undefined;
    },
  };
}
