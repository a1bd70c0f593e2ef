import { expect, test } from 'vitest';
import { parseKeys } from './parse.ts';

test('of what an issuer publishes the public keys are read, and their public halves only', () => {
  const mixed = [
    { kty: 'oct', k: 'c2VjcmV0' },
    { kty: 'EC', crv: 'P-256', x: 'x', y: 'y', d: 'private' },
    { kty: 'RSA', n: 'n', e: 'AQAB' },
  ];
  expect(parseKeys(JSON.stringify({ keys: mixed }))).toEqual({
    keys: [
      { kty: 'EC', crv: 'P-256', x: 'x', y: 'y' },
      { kty: 'RSA', n: 'n', e: 'AQAB' },
    ],
  });
  for (const text of ['', '{}', '{"keys":[]}', '{"keys":[{"kty":"oct","k":"x"}]}', '[', '{"keys":{}}'])
    expect(parseKeys(text)).toBeUndefined();
});
