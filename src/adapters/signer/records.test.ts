import { generateKeyPairSync } from 'node:crypto';
import { expect, it } from 'vitest';
import { recordSigner } from './records.ts';

const make = () => recordSigner(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey);

it('knows its own line, and no other line, key or nonsense', () => {
  const signer = make();
  const signature = signer.sign('a line');
  expect(signer.verify('a line', signature)).toBe(true);
  expect(signer.verify('a  line', signature)).toBe(false);
  expect(make().verify('a line', signature)).toBe(false);
  for (const nonsense of ['', 'AAAA', '!']) expect(signer.verify('a line', nonsense)).toBe(false);
});
