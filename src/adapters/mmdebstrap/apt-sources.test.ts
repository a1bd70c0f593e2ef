import { describe, expect, it } from 'vitest';
import { parseDeb822, parseOneLine } from './apt-sources.ts';
import { findMirrors, renderSources } from './mirrors.ts';

const oneLine = `# a comment
deb-src http://mirror.example/debian bookworm main
deb [arch=amd64 signed-by=/usr/share/keyrings/vendor.gpg] https://vendor.example/apt bookworm main # theirs
deb http://mirror.example/debian/ bookworm main contrib
deb http://mirror.example/debian bookworm-updates main
deb http://security.example/debian-security bookworm-security main
`;

const deb822 = `Types: deb deb-src
# where it came from
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main
 contrib
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://off.example/debian
Suites: bookworm
Components: main
Enabled: no

Types: deb
URIs: http://security.example/debian-security
Suites: bookworm-security
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 -----END PGP PUBLIC KEY BLOCK-----
`;

describe('the apt configuration of a machine', () => {
  it('is read in the one-line format', () => {
    expect(parseOneLine(oneLine)).toMatchObject([
      { uri: 'https://vendor.example/apt', signedBy: '/usr/share/keyrings/vendor.gpg' },
      { uri: 'http://mirror.example/debian/', suites: ['bookworm'], components: ['main', 'contrib'] },
      { suites: ['bookworm-updates'] },
      { suites: ['bookworm-security'] },
    ]);
  });

  it('is read in the deb822 format', () => {
    expect(parseDeb822(deb822)).toEqual([
      {
        uri: 'http://mirror.example/debian',
        suites: ['bookworm', 'bookworm-updates'],
        components: ['main', 'contrib'],
        signedBy: '/usr/share/keyrings/debian-archive-keyring.gpg',
      },
      {
        uri: 'http://security.example/debian-security',
        suites: ['bookworm-security'],
        components: ['main'],
        signedBy: undefined,
      },
    ]);
  });

  it.each([
    ['one-line', parseOneLine(oneLine)],
    ['deb822', parseDeb822(deb822)],
  ])('names the mirrors, third parties left aside: %s', (_format, sources) => {
    const mirrors = findMirrors(sources);
    expect(mirrors).toEqual({
      main: 'http://mirror.example/debian',
      security: 'http://security.example/debian-security',
    });
  });

  it('is refused without a security archive, and without anything', () => {
    const withoutSecurity = parseOneLine(oneLine).filter(({ suites }) => !suites[0]?.endsWith('security'));
    expect(findMirrors(withoutSecurity)).toMatchObject({ code: 'apt_mirror_missing' });
    expect(findMirrors([])).toMatchObject({ code: 'apt_mirror_missing' });
  });

  it('becomes the sources of a stack, whatever suite the machine itself runs', () => {
    expect(renderSources({ main: 'http://m/debian', security: 'http://s/security' }, 'trixie')).toBe(
      'deb http://m/debian trixie main\ndeb http://m/debian trixie-updates main\ndeb http://s/security trixie-security main\n',
    );
  });
});
