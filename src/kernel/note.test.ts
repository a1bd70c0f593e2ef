import { generateKeyPairSync, sign } from 'node:crypto';
import { expect, it } from 'vitest';
import {
  formatNote,
  openNote,
  parseCheckpoint,
  parseVerifierKey,
  renderCheckpoint,
  verifierKey,
} from './note.ts';

// The example of golang.org/x/mod/sumdb/note.
const PETER = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
const NOTE = `If you think cryptography is the answer to your problem,
then you don't know what your problem is.

— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=
`;

it('opens the note of the published example, and no changed one', () => {
  const key = parseVerifierKey(PETER)!;
  expect(verifierKey(key)).toBe(PETER);
  expect(openNote(NOTE, key)).toBe(NOTE.slice(0, NOTE.indexOf('\n\n') + 1));
  expect(openNote(NOTE.replace('answer', 'Answer'), key)).toBeUndefined();
  expect(openNote(NOTE.slice(0, -1), key)).toBeUndefined();
  expect(openNote(NOTE.replace('x08go', 'x18go'), key)).toBeUndefined();
});

it('reads no key whose id is not its own', () => {
  expect(parseVerifierKey(PETER.replace('c74f20a3', 'c74f20a4'))).toBeUndefined();
  expect(parseVerifierKey('PeterNeumann')).toBeUndefined();
});

it('signs a checkpoint that comes back as it was, beside signatures of others', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const key = {
    name: 'example.org/audit',
    publicKey: publicKey.export({ type: 'spki', format: 'der' }).subarray(-32),
  };
  const made = { origin: key.name, size: 7, root: Buffer.alloc(32, 3), more: ['time 2026-11-22T00:00:00Z'] };
  const text = renderCheckpoint(made);
  const note = formatNote(text, key, sign(null, Buffer.from(text), privateKey));
  const cosigned = note.replace('\n\n', '\n\n— PeterNeumann x08go/ZJ\n');
  expect(parseCheckpoint(openNote(cosigned, key) ?? '')).toEqual(made);
  expect(openNote(note, parseVerifierKey(PETER)!)).toBeUndefined();
});

it.each(['', 'a\n', 'a\n01\nAAAA\n', `a\n-1\n${Buffer.alloc(32).toString('base64')}\n`, 'a\n1\nAAAA\n'])(
  'takes %j for no checkpoint',
  (text) => expect(parseCheckpoint(text)).toBeUndefined(),
);
