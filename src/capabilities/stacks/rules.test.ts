import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tarOf } from '../../adapters/oci/tar-write.ts';
import { textFile } from '../../adapters/oci/testing.ts';
import { accountEdits } from './accounts.ts';
import { mirrorDate, parseDpkgStatus } from './dpkg.ts';
import { Recipe } from './model.ts';
import { npmEntries, placeOf } from './packages.ts';
import { keeper, patternToRegExp } from './prune.ts';

const recipe = Recipe.parse({
  name: 'test',
  description: 'A stack for tests.',
  suite: 'bookworm',
  abi: 'test-1',
  user: { name: 'app', uid: 10001, home: '/app' },
  packages: ['bash'],
  drop: ['etc/nginx/sites-*/**'],
  config: { workingDir: '/app', stopSignal: 'SIGTERM' },
});
const file = { type: 'file' };

describe('what stays in a stack', () => {
  const keep = keeper(recipe);

  it.each([
    'usr/bin/perl',
    'etc/passwd',
    'tmp',
    'usr/share/doc/bash/copyright',
    'var/lib/dpkg/status',
    'etc/nginx/x',
  ])('keeps %s', (path) => expect(keep(path, file)).toBe(true));

  it.each([
    'dev/null',
    'etc/apt/sources.list',
    'etc/apt',
    'etc/machine-id',
    'etc/ssl/private/ssl-cert-snakeoil.key',
    'etc/shadow-',
    'var/lib/apt/lists/x',
    'var/log/dpkg.log',
    'usr/share/doc/bash/README',
    'usr/share/man/man1/bash.1.gz',
    'usr/bin/su',
    'etc/nginx/sites-enabled/default',
  ])('drops %s', (path) => expect(keep(path, file)).toBe(false));

  it('reads * as a part of one name', () => {
    expect(patternToRegExp('a/*.so').test('a/x.so')).toBe(true);
    expect(patternToRegExp('a/*.so').test('a/b/x.so')).toBe(false);
    expect(patternToRegExp('a.b').test('axb')).toBe(false);
    expect(patternToRegExp('a/**').test('a')).toBe(false);
  });
});

describe('the accounts of a stack', () => {
  const edit = (path: string, text: string) => accountEdits(recipe.user).get(path)!(text);
  const passwd =
    'root:x:0:0:root:/root:/bin/bash\nmade:x:101:101::/:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n';

  it("are Debian's fixed ones and the stack's own", () => {
    expect(edit('etc/passwd', passwd)).toBe(
      'root:x:0:0:root:/root:/bin/bash\nnobody:x:65534:65534::/:/bin/sh\napp:x:10001:10001::/app:/usr/sbin/nologin\n',
    );
    expect(edit('etc/group', 'root:x:0:\nmade:x:101:\nmail:x:8:made,root\n')).toBe(
      'root:x:0:\nmail:x:8:\napp:x:10001:\n',
    );
  });

  it('have no password and the same age in every build', () => {
    const edits = accountEdits(recipe.user);
    edits.get('etc/passwd')!(passwd);
    expect(edits.get('etc/shadow')!('root:$y$secret:20300:0:99999:7:::\nmade:!:20300::::::\n')).toBe(
      'root:*:19000:0:99999:7:::\napp:*:19000:0:99999:7:::\n',
    );
  });

  it('never keep an id that was handed out during the build', () => {
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 65_533 }), (uid) => {
        expect(edit('etc/passwd', `made:x:${uid}:${uid}::/:/bin/sh\n`)).not.toContain('made');
      }),
    );
  });
});

describe("dpkg's list", () => {
  it('names installed packages and their source packages', () => {
    const status = `Package: libssl3
Status: install ok installed
Architecture: amd64
Source: openssl (3.0.22-1)
Version: 3.0.22-1+b1

Package: gone
Status: deinstall ok config-files
Version: 1

Package: bash
Status: install ok installed
Architecture: amd64
Version: 5.2
`;
    expect(parseDpkgStatus(status)).toEqual([
      {
        name: 'libssl3',
        version: '3.0.22-1+b1',
        architecture: 'amd64',
        source: 'openssl',
        sourceVersion: '3.0.22-1',
      },
      { name: 'bash', version: '5.2', architecture: 'amd64', source: 'bash', sourceVersion: '5.2' },
    ]);
  });

  it('comes from a mirror whose state has a date', () => {
    const dates = [
      'Origin: x\nDate: Fri, 20 Nov 2026 02:11:10 UTC\n',
      'Date: Thu, 19 Nov 2026 00:00:00 UTC\n',
    ];
    expect(mirrorDate(dates)?.toISOString()).toBe('2026-11-20T02:11:10.000Z');
    expect(mirrorDate(['nothing'])).toBeUndefined();
  });
});

describe('the files of an npm package', () => {
  const part = {
    name: 'npm',
    version: '1.0.0',
    integrity: '',
    copy: { 'bin/node': '/usr/local/bin/node', include: '/usr/local/include' },
    skip: ['include/private'],
  };

  it.each([
    ['bin/node', 'usr/local/bin/node'],
    ['include/node/v8.h', 'usr/local/include/node/v8.h'],
    ['include/private/x.h', undefined],
    ['README.md', undefined],
  ])('%s goes to %s', (from, to) => expect(placeOf(part, from)).toBe(to));

  it('belong to root and stay inside', async () => {
    const tar = tarOf(
      [textFile('package/bin/node', 'x'), textFile('package/include/../../etc/passwd', 'x')],
      new Date(0),
    );
    const chunks: Buffer[] = [];
    for await (const chunk of tar) chunks.push(chunk as Buffer);
    const entries = await npmEntries(part, gzipSync(Buffer.concat(chunks)));
    expect(entries).toMatchObject([{ path: 'usr/local/bin/node', uid: 0, mode: 0o755 }]);
  });
});
