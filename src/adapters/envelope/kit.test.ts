import { expect, test } from 'vitest';
import { isRefusal, must } from '../../kernel/refusal.ts';
import { Secret } from '../../kernel/secret.ts';
import { type Kit, openKit, rootKeyIds, sealKit } from './kit.ts';
import { keyId } from './wrap.ts';

const root = Buffer.alloc(32, 5);
const kit: Kit = {
  format: 'bastide recovery kit',
  version: 1,
  madeAt: '2026-11-22T00:00:00.000Z',
  domain: 'example.org',
  rootKeys: [root.toString('base64')],
  vaults: [],
  secrets: { 'image-signing.key': 'eA==' },
};
const passphrase = new Secret('correct horse battery staple');
const code = (outcome: unknown) => isRefusal(outcome) && outcome.code;

test('a kit opens with its passphrase, and shows nothing without', async () => {
  const text = await sealKit(kit, passphrase, 10);
  expect(text).toMatch(/^-----BEGIN AGE ENCRYPTED FILE-----\n/);
  expect(must(await openKit(text, passphrase))).toEqual(kit);
  expect(rootKeyIds(kit)).toEqual([keyId(root)]);
  expect(code(await openKit(text, new Secret('wrong')))).toBe('kit_passphrase');
});

test('a kit that was changed or is none is refused', async () => {
  const text = await sealKit(kit, passphrase, 10);
  const lines = text.split('\n');
  lines[4] = `${lines[4]!.slice(0, -1)}${lines[4]!.endsWith('A') ? 'B' : 'A'}`;
  expect(code(await openKit(lines.join('\n'), passphrase))).toBe('kit_passphrase');
  expect(code(await openKit('hello', passphrase))).toBe('kit_damaged');
  const other = await sealKit({ ...kit, version: 2 } as unknown as Kit, passphrase, 10);
  expect(code(await openKit(other, passphrase))).toBe('kit_damaged');
});
