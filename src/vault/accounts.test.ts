import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { enrol, makeCode, whoIs } from './accounts.ts';

test('a code takes one platform in, also where several use it at the same time', async () => {
  const state = await mkdtemp(join(tmpdir(), 'bastide-vault-'));
  try {
    const code = await makeCode(state, 0);
    const users = ['one', 'two', 'three', 'four'];
    const password = (user: string) => `${user}-`.repeat(12);
    const taken = await Promise.all(
      users.map((user) => enrol(state, { user, password: password(user), code }, 1)),
    );
    expect(taken).toEqual([true, false, false, false]);
    const known = await Promise.all(
      users.map((user) =>
        whoIs(state, `Basic ${Buffer.from(`${user}:${password(user)}`).toString('base64')}`),
      ),
    );
    expect(known).toEqual(['one', undefined, undefined, undefined]);
  } finally {
    await rm(state, { recursive: true });
  }
});
