import { describe, expect, test } from 'vitest';
import { isRefusal, must } from '../../kernel/refusal.ts';
import { fetch } from './commands.ts';
import { parseGitUrl, parseRef } from './url.ts';

test('a plain address is taken, written anew', () => {
  expect(must(parseGitUrl('HTTPS://Git.Example.org/team/App.git')).href).toBe(
    'https://git.example.org/team/App.git',
  );
});

describe('hostile addresses', () => {
  test.each([
    'ext::sh -c touch% /tmp/x',
    'file:///etc',
    '/etc',
    'git@host.example.org:a/b',
    'ssh://host.example.org/a',
    'git://host.example.org/a',
    'http://host.example.org/a',
    '--upload-pack=touch /tmp/x',
    '-oProxyCommand=x',
    'https://user:token@host.example.org/a',
    'https://token@host.example.org/a',
    'https://host.example.org:22/a',
    'https://169.254.169.254/a',
    'https://2852039166/a',
    'https://0x7f.1/a',
    'https://[::1]/a',
    'https://localhost/a',
    'https://engine/a',
    'https://db.internal/a',
    'https://host.example.org/a?x=--upload-pack',
    'https://host.example.org/a#x',
    'https://host.example.org/../a',
    'https://host.example.org/-a',
    'https://host.example.org/a b',
    'https://host.example.org/$(id)',
    'https://host.example.org/a;id',
    'https://host.example.org/a\n[core]',
    'https://hоst.example.org/a',
    'https:host.example.org/a',
    `https://host.example.org/${'a'.repeat(3000)}`,
    '',
  ])('%j is refused', (text) => {
    const got = parseGitUrl(text);
    expect(isRefusal(got) && got.code).toBe('git_url_refused');
    expect(JSON.stringify(got)).not.toContain('token');
  });
});

describe('refs', () => {
  test.each(['main', 'v1.2.3', 'feature/x-1', 'a'.repeat(40)])('%s', (ref) =>
    expect(parseRef(ref)).toBe(ref),
  );
  test('none is HEAD', () => expect(parseRef(undefined)).toBe('HEAD'));
  test.each([
    '-x',
    '--upload-pack=x',
    'a..b',
    'a//b',
    'a b',
    'a:b',
    'a^',
    'x.lock',
    'a/',
    '.a',
    'a/.b',
    '',
    'a\nb',
    '+a',
  ])('%j is refused', (ref) => expect(isRefusal(parseRef(ref))).toBe(true));
});

test('the exact argv of a fetch', () => {
  expect(fetch('https://host.example.org/a', 'main').argv.join(' ')).toBe(
    'git -c protocol.allow=never -c protocol.https.allow=always -c core.hooksPath=/dev/null -c credential.helper= -c submodule.recurse=false -c fetch.fsckObjects=true -c gc.auto=0 -c http.lowSpeedLimit=1000 -c http.lowSpeedTime=30 -C /out/repo fetch --quiet --depth=1 --no-tags --no-recurse-submodules -- https://host.example.org/a main',
  );
});
