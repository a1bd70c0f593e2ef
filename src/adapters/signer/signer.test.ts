import { generateKeyPairSync } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { must } from '../../kernel/refusal.ts';
import { provenance, signerConformance } from './conformance.ts';
import { memorySigner } from './memory.ts';
import { makeSigner } from './signer.ts';

const made: string[] = [];
const keyFile = (): string => {
  const dir = mkdtempSync(join(tmpdir(), 'bastide-signer-'));
  made.push(dir);
  return join(dir, 'secrets', 'signing.key');
};
afterEach(() => {
  for (const dir of made.splice(0)) rmSync(dir, { recursive: true, force: true });
});

signerConformance('memory', memorySigner);
signerConformance('the key file', async () => must(await makeSigner(keyFile())));

describe('the key file', () => {
  it('is made once, for its owner only', async () => {
    const path = keyFile();
    const [one, two] = await Promise.all([makeSigner(path), makeSigner(path)]);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const bundle = must(await must(one).sign(provenance));
    expect(await must(two).verify(bundle, provenance.image)).toEqual(provenance);
  });

  it.each([
    [
      'a key of another kind',
      generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }),
      0o600,
    ],
    ['no key', 'nothing', 0o600],
  ])('refuses %s', async (_what, content, mode) => {
    const path = join(keyFile(), '..', '..', 'signing.key');
    writeFileSync(path, content, { mode });
    expect(await makeSigner(path)).toMatchObject({ code: 'signer_key_unreadable' });
  });

  it('refuses a key that others may read', async () => {
    const path = keyFile();
    await makeSigner(path);
    chmodSync(path, 0o640);
    expect(await makeSigner(path)).toMatchObject({ code: 'signer_key_unreadable' });
  });
});
