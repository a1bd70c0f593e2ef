import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { certificateKeep } from './keep.ts';

it('certificates are known at once, though two look for the first time', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'bastide-keep-'));
  try {
    const keep = certificateKeep(directory);
    const looks = [keep.of(['a.example']), keep.put('a.example', 'PEM'), keep.of([])];
    await Promise.all(looks);
    expect(await keep.of(['a.example'])).toEqual([{ name: 'a.example', hosts: ['a.example'], pem: 'PEM' }]);
  } finally {
    await rm(directory, { recursive: true });
  }
});
