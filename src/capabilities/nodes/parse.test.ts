import { describe, expect, it } from 'vitest';
import { hasRange, isEmptyTable, mountsBelow, parseRoutes, parseTables } from './parse.ts';

describe('what programs say of a node', () => {
  it('its own routes, without ours and the local ones', () => {
    const json = JSON.stringify([
      { dst: 'default', dev: 'eth0' },
      { dst: '192.0.2.0/24', dev: 'eth0' },
      { dst: '172.18.0.0/16', dev: 'docker_gwbridge' },
      { dst: '10.201.0.0/30', dev: 'bbuild0' },
      { type: 'local', dst: '192.0.2.2', dev: 'eth0', table: 'local' },
    ]);
    expect(parseRoutes(json)).toEqual([{ destination: '192.0.2.0/24', device: 'eth0' }]);
  });

  it('whether the first range of a user is ours', () => {
    expect(hasRange('x:1:2\nbastide:100000:65536\n', 'bastide', 100_000, 65_536)).toBe(true);
    expect(hasRange('bastide:200000:65536\nbastide:100000:65536\n', 'bastide', 100_000, 65_536)).toBe(false);
  });

  it('mounts below a directory, deepest first, names unescaped', () => {
    const info = [
      '1 0 0:1 / /a rw',
      '2 1 0:1 / /a/b rw',
      '3 1 0:1 / /ab rw',
      '4 1 0:1 / /a/b\\040c/d rw',
    ].join('\n');
    expect(mountsBelow(info, ['/a'])).toEqual(['/a/b c/d', '/a/b', '/a']);
  });

  it('which tables there are and whether one filters nothing', () => {
    expect(parseTables('table ip nat\ntable inet bastide\n')).toEqual(['ip nat', 'inet bastide']);
    const empty =
      'table ip filter {\n\tchain INPUT {\n\t\ttype filter hook input priority filter; policy accept;\n\t}\n}\n';
    expect(isEmptyTable(empty)).toBe(true);
    expect(isEmptyTable(empty.replace('policy accept', 'policy drop'))).toBe(false);
    expect(isEmptyTable(empty.replace('accept;\n', 'accept;\n\t\ttcp dport 22 accept\n'))).toBe(false);
  });
});
