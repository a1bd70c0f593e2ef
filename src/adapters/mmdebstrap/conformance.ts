import { createReadStream } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { must } from '../../kernel/refusal.ts';
import { readMatching } from '../oci/read-files.ts';
import type { Bootstrap } from './port.ts';

/** What everything that makes root file systems promises. One base for all: the real one takes its time. */
export function bootstrapConformance(name: string, make: () => Bootstrap): void {
  describe(`${name} as a bootstrap`, () => {
    let dir = '';
    const at = (file: string) => join(dir, file);
    const root = async (out: string) =>
      must(
        await make().root(
          { suite: 'bookworm', base: at('base.tar'), packages: ['media-types'], out: at(out) },
          () => {},
        ),
      );
    beforeAll(async () => {
      dir = await mkdtemp(join(tmpdir(), 'bastide-bootstrap-'));
      must(await make().base('bookworm', at('base.tar'), () => {}));
      await root('root.tar');
    });
    afterAll(() => rm(dir, { recursive: true, force: true }));

    it('leaves the files that were asked for and nothing else', async () => {
      expect((await readdir(dir)).sort()).toEqual(['base.tar', 'root.tar']);
    });

    it('keeps the dated release files in the base', async () => {
      const releases = await readMatching(createReadStream(at('base.tar')), /_InRelease$/);
      expect([...releases.values()].some((text) => /^Date: /m.test(text))).toBe(true);
    });

    it('installs the packages on the base', async () => {
      const files = await readMatching(
        createReadStream(at('root.tar')),
        /^(var\/lib\/dpkg\/status|etc\/passwd)$/,
      );
      expect(files.get('var/lib/dpkg/status')).toContain(
        'Package: media-types\nStatus: install ok installed',
      );
      expect(files.get('etc/passwd')).toMatch(/^root:[x*]:0:0:/m);
    });
  });
}
