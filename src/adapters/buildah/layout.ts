import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, mkdir, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import { builderBroken } from './errors.ts';

const { O_RDONLY, O_NOFOLLOW, O_DIRECTORY, O_WRONLY, O_CREAT, O_EXCL, O_NONBLOCK } = constants;
const Digest = z.string().regex(/^sha256:[0-9a-f]{64}$/);
const Index = z.object({ manifests: z.array(z.object({ digest: Digest })).length(1) });
const Manifest = z.object({ config: z.object({ digest: Digest }) });
const Config = z.object({ rootfs: z.object({ diff_ids: z.array(Digest).max(200) }) });

/**
 * Copies an OCI layout out of a jail's volume, whose every name may be a trap: opens one part at a time without
 * following links, takes plain files with a digest for a name only, and checks each against its digest.
 * Empty stand-ins for base layers are left out. Answers the image's diff ids.
 */
export async function takeLayout(volume: string, jobId: string, to: string): Promise<Outcome<string[]>> {
  await mkdir(join(to, 'blobs/sha256'), { recursive: true, mode: 0o700 });
  const opened: FileHandle[] = [];
  const enter = async (at: string): Promise<string> => {
    const handle = await open(at, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    opened.push(handle);
    return `/proc/self/fd/${handle.fd}`;
  };
  try {
    const top = await enter(`${await enter(`${await enter(volume)}/out`)}/${jobId}`);
    const blobs = await enter(`${await enter(`${top}/blobs`)}/sha256`);
    for (const name of ['index.json', 'oci-layout']) await copyPlain(`${top}/${name}`, join(to, name));
    for (const name of await readdir(blobs)) {
      if (!/^[0-9a-f]{64}$/.test(name)) continue;
      const copied = await copyPlain(`${blobs}/${name}`, join(to, 'blobs/sha256', name), name);
      if (isRefusal(copied)) return copied;
    }
    const index = Index.parse(await json(join(to, 'index.json')));
    const blob = (digest: string) => json(join(to, 'blobs/sha256', digest.slice('sha256:'.length)));
    const manifest = Manifest.parse(await blob(index.manifests[0]?.digest ?? ''));
    return Config.parse(await blob(manifest.config.digest)).rootfs.diff_ids;
  } catch (error) {
    return builderBroken(error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error));
  } finally {
    for (const handle of opened) await handle.close();
  }
}

async function json(path: string): Promise<unknown> {
  const file = await open(path, O_RDONLY | O_NOFOLLOW);
  try {
    if ((await file.stat()).size > 4 * 1024 ** 2) throw new Error('a manifest is too large');
    return JSON.parse(await file.readFile('utf8'));
  } finally {
    await file.close();
  }
}

async function copyPlain(from: string, to: string, sha256?: string): Promise<Outcome<void>> {
  const source = await open(from, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  try {
    const stat = await source.stat();
    if (!stat.isFile()) return builderBroken('its output is not made of plain files');
    if (sha256 !== undefined && stat.size === 0) return undefined;
    const target = await open(to, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
    const hash = createHash('sha256');
    try {
      for await (const chunk of source.createReadStream({ autoClose: false, end: stat.size })) {
        hash.update(chunk);
        await target.writeFile(chunk);
      }
    } finally {
      await target.close();
    }
    if (sha256 !== undefined && hash.digest('hex') !== sha256)
      return builderBroken('a blob does not match its name');
    return undefined;
  } finally {
    await source.close();
  }
}
