import { beforeAll, describe, expect, test } from 'vitest';
import { isRefusal, must } from '../../kernel/refusal.ts';
import { Secret } from '../../kernel/secret.ts';
import { keychain } from './keychain.ts';
import { memoryRootKeys } from './memory.ts';
import type { ProjectKey } from './port.ts';
import { joinSealed, seal, splitSealed } from './seal.ts';
import { unwrap, wrap } from './wrap.ts';

const root = Buffer.alloc(32, 1);
const roots = memoryRootKeys(root);
const chain = keychain(roots);
const binding = { owner: 'app-1', name: 'SMTP_PASSWORD' };
let key: ProjectKey;
let sealed: string;
beforeAll(async () => {
  key = must(await chain.createProjectKey('project-1'));
  sealed = must(await seal(key.recipient, binding, new Secret('hunter2')));
});

const open = async (
  change: { project?: string; key?: ProjectKey; binding?: typeof binding; sealed?: string } = {},
) => {
  const opened = await chain.open(
    { id: change.project ?? 'project-1', keys: [change.key ?? key] },
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

  test('does not open for another owner or name', async () => {
    expect(await open({ binding: { ...binding, owner: 'app-2' } })).toBe('seal_broken');
    expect(await open({ binding: { ...binding, name: 'OTHER' } })).toBe('seal_broken');
  });

  test("does not open with another project's key, nor with a key moved to another project", async () => {
    expect(await open({ key: must(await chain.createProjectKey('project-1')) })).toBe('seal_broken');
    expect(await open({ project: 'project-2' })).toBe('seal_broken');
  });

  test('does not open when a byte changed', async () => {
    const { keyId, body } = splitSealed(sealed);
    const bytes = Buffer.from(body, 'base64');
    bytes[bytes.length - 1]! ^= 1;
    expect(await open({ sealed: joinSealed(keyId!, bytes.toString('base64')) })).toBe('seal_broken');
    expect(await open({ sealed: 'not age' })).toBe('seal_broken');
  });

  test('says so when the root key is another', async () => {
    const other = keychain(memoryRootKeys(Buffer.alloc(32, 2)));
    const opened = await other.open({ id: 'project-1', keys: [key] }, binding, sealed);
    expect(isRefusal(opened) && opened.code).toBe('root_key_missing');
  });

  test('opens with the generation that it names among several, and with any where it names none', async () => {
    const keys = [must(await chain.createProjectKey('project-1')), key];
    const named = await chain.open({ id: 'project-1', keys }, binding, sealed);
    expect(must(named).reveal()).toBe('hunter2');
    const unnamed = await chain.open({ id: 'project-1', keys }, binding, splitSealed(sealed).body);
    expect(must(unnamed).reveal()).toBe('hunter2');
  });

  test('does not open once its generation is destroyed, though another is there', async () => {
    const keys = [{ ...key, wrapped: null }, must(await chain.createProjectKey('project-1'))];
    const opened = await chain.open({ id: 'project-1', keys }, binding, sealed);
    expect(isRefusal(opened) && opened.code).toBe('key_destroyed');
  });

  test('opens after its key was wrapped anew and the old root key destroyed', async () => {
    const own = memoryRootKeys();
    const mine = keychain(own);
    const made = must(await mine.createProjectKey('project-1'));
    const text = must(await seal(made.recipient, binding, new Secret('hunter2')));
    must(await own.add());
    const moved = must(await mine.rewrap('project-1', made));
    must(await own.destroy(made.rootKeyId));
    expect(must(await mine.open({ id: 'project-1', keys: [moved] }, binding, text)).reveal()).toBe('hunter2');
    const old = await mine.open({ id: 'project-1', keys: [made] }, binding, text);
    expect(isRefusal(old) && old.code).toBe('root_key_missing');
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
