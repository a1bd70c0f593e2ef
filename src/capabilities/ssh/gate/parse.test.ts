import { describe, expect, it } from 'vitest';
import { readAsked, readCredential, readPushed } from './parse.ts';

const SHA = 'a'.repeat(40);
const NONE = '0'.repeat(40);

describe('what is asked for', () => {
  it.each([
    ["git-receive-pack '/shop.git'", 'push'],
    ['git-receive-pack shop', 'push'],
    ['', 'shell'],
    ['  ', 'shell'],
    ['node script.js', 'command'],
    ["git-upload-pack '/shop.git'", 'refused'],
    ['scp -t /tmp', 'refused'],
    ['/usr/lib/openssh/sftp-server', 'refused'],
    ['x'.repeat(5000), 'refused'],
    // Not a push: a command of the customer's, in the customer's container.
    ["git-receive-pack 'x'; id", 'command'],
  ])('%s is a %s', (text, kind) => expect(readAsked(text).kind).toBe(kind));
});

it('reads the one credential, and nothing where there are two', () => {
  expect(readCredential('publickey ssh-ed25519 AAAA\n')).toBe('AAAA');
  expect(readCredential('publickey ssh-ed25519 AAAA\npassword')).toBeUndefined();
  expect(readCredential('password')).toBeUndefined();
});

it('takes a push to main or master alone', () => {
  expect(readPushed(`${NONE} ${SHA} refs/heads/main\n`)).toEqual({ commit: SHA, ref: 'main' });
  expect(readPushed(`${NONE} ${SHA} refs/heads/master\n`)?.ref).toBe('master');
  expect(readPushed(`${NONE} ${SHA} refs/heads/topic\n`)).toBeUndefined();
  expect(readPushed(`${SHA} ${NONE} refs/heads/main\n`)).toBeUndefined();
  expect(readPushed(`${NONE} ${SHA} refs/heads/main\n${NONE} ${SHA} refs/tags/v1\n`)).toBeUndefined();
  expect(readPushed('')).toBeUndefined();
});
