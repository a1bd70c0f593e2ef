import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { isRefusal, must } from '../../kernel/refusal.ts';
import { Secret } from '../../kernel/secret.ts';
import { keychain } from './keychain.ts';
import type { ProjectKey } from './port.ts';
import { loadRootKey } from './root.ts';
import { seal } from './seal.ts';
import { unwrap, wrap } from './wrap.ts';

const root = Buffer.alloc(32, 1);
const chain = keychain(root);
const binding = { app: 'app-1', name: 'SMTP_PASSWORD' };
let key: ProjectKey;
let sealed: string;
beforeAll(async () => {
  key = await chain.createProjectKey('project-1');
  sealed = must(await seal(key.recipient, binding, new Secret('hunter2')));
});

const open = async (
  change: { project?: string; key?: ProjectKey; binding?: typeof binding; sealed?: string } = {},
) => {
  const opened = await chain.open(
    { id: change.project ?? 'project-1', key: change.key ?? key },
    change.binding ?? binding,
    change.sealed ?? sealed,
  );
  return isRefusal(opened) ? opened.code : opened.reveal();
};

describe('a sealed value', () => {
  test('opens with its own key and binding', async () => {
    expect(await open()).toBe('hunter2');
    expect(sealed).not.toContain('hunter2');
  });

  test('does not open for another app or name', async () => {
    expect(await open({ binding: { ...binding, app: 'app-2' } })).toBe('seal_broken');
    expect(await open({ binding: { ...binding, name: 'OTHER' } })).toBe('seal_broken');
  });

  test("does not open with another project's key, nor with a key moved to another project", async () => {
    expect(await open({ key: await chain.createProjectKey('project-1') })).toBe('seal_broken');
    expect(await open({ project: 'project-2' })).toBe('seal_broken');
  });

  test('does not open when a byte changed', async () => {
    const bytes = Buffer.from(sealed, 'base64');
    bytes[bytes.length - 1]! ^= 1;
    expect(await open({ sealed: bytes.toString('base64') })).toBe('seal_broken');
    expect(await open({ sealed: 'not age' })).toBe('seal_broken');
  });

  test('says so when the root key is another', async () => {
    const other = keychain(Buffer.alloc(32, 2));
    const opened = await other.open({ id: 'project-1', key }, binding, sealed);
    expect(isRefusal(opened) && opened.code).toBe('root_key_changed');
  });

  test('is refused for a recipient that is none', async () => {
    const refused = await seal('age1nonsense', binding, new Secret('x'));
    expect(isRefusal(refused) && refused.code).toBe('seal_recipient_invalid');
  });
});

test('a shortened tag does not pass', () => {
  const wrapped = wrap(root, 'a', Buffer.from('plain'));
  expect(unwrap(root, 'a', wrapped)?.toString()).toBe('plain');
  expect(unwrap(root, 'b', wrapped)).toBeUndefined();
  for (const length of [4, 12, 20, 27])
    expect(unwrap(root, 'a', wrapped.subarray(0, length))).toBeUndefined();
});

test('the root key is made once, for root alone, and a damaged one is not replaced', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'bastide-root-'));
  const file = join(dir, 'secrets', 'root.key');
  const first = must(await loadRootKey(file));
  expect(must(await loadRootKey(file))).toEqual(first);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  await writeFile(file, 'damaged');
  const refused = await loadRootKey(file);
  expect(isRefusal(refused) && refused.code).toBe('root_key_invalid');
  await rm(dir, { recursive: true });
});
