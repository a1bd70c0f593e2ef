import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { daemonsOf, missingModules, missingPackages, parsePackageList, refuseMachine } from './packages.mjs';

const list = '# words\n[run]\nrunc   why # more\n\n[test]\nwrk\n';

describe('the package list', () => {
  it('gives the wanted sections only, without comments and reasons', () => {
    expect(parsePackageList(list, ['run'])).toEqual(['runc']);
    expect(parsePackageList(list, ['run', 'test'])).toEqual(['runc', 'wrk']);
  });

  it('refuses a line outside a section, a strange name and an unknown section', () => {
    expect(() => parsePackageList('runc\n', [])).toThrow('line 1');
    expect(() => parsePackageList('[run]\n-o=x\n', ['run'])).toThrow('line 2');
    expect(() => parsePackageList(list, ['bench'])).toThrow('[bench]');
  });

  it('that is shipped parses, names nothing twice and gives each package a reason', () => {
    const text = readFileSync(new URL('../debian-packages.txt', import.meta.url), 'utf8');
    const all = parsePackageList(text, ['run', 'test', 'bench']);
    expect(new Set(all).size).toBe(all.length);
    expect(all).toContain('docker.io');
    for (const name of all) expect(text).toMatch(new RegExp(`^${name.replaceAll('.', '\\.')} +\\S+`, 'm'));
  });
});

describe('what is missing', () => {
  it('counts a package that is only configured as missing', () => {
    expect(missingPackages(['runc', 'wrk', 'git'], 'runc installed\nwrk config-files\n')).toEqual([
      'wrk',
      'git',
    ]);
  });

  it('compares npm packages by version and lets optional ones be absent', () => {
    const lock = {
      packages: {
        '': {},
        'node_modules/a': { version: '1.0.0' },
        'node_modules/b': { version: '2.0.0' },
        'node_modules/c': { version: '3.0.0', optional: true },
      },
    };
    expect(missingModules(lock, { packages: { 'node_modules/a': { version: '1.0.0' } } })).toEqual([
      'node_modules/b',
    ]);
    expect(missingModules(lock, undefined)).toEqual(['node_modules/a', 'node_modules/b']);
  });
});

it('finds the daemons that a package brings, templates left out', () => {
  const listing =
    '/lib/systemd/system/docker.service\n/lib/systemd/system/x@.service\n/etc/init.d/docker\n/usr/bin/d\n';
  expect(daemonsOf(listing)).toEqual({ units: ['docker.service'], scripts: ['docker'] });
});

describe('a machine', () => {
  const good = { osRelease: 'PRETTY_NAME="Debian 12"\nVERSION_ID="12"\nID=debian\n', arch: 'x64', uid: 0 };

  it('with Debian 12, x86-64 and root is taken', () => {
    expect(refuseMachine(good)).toBeUndefined();
  });

  it('of another kind is refused with the reason', () => {
    expect(
      refuseMachine({ ...good, osRelease: 'PRETTY_NAME="Ubuntu 24.04"\nVERSION_ID="24.04"\nID=ubuntu\n' }),
    ).toContain('Ubuntu 24.04');
    expect(refuseMachine({ ...good, arch: 'arm64' })).toContain('arm64');
    expect(refuseMachine({ ...good, uid: 1000 })).toContain('sudo');
  });
});
