import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { DOMAIN, type Platform } from './platform.ts';

export interface Entry {
  readonly name: string;
  readonly type?: 'file' | 'symlink' | 'link' | 'character-device' | 'fifo';
  readonly linkname?: string;
  readonly text?: string;
}

/** An archive with whatever members, also those that no command line would pack. */
export async function archive(entries: readonly Entry[]): Promise<Buffer> {
  const tar = pack();
  for (const { name, text = '', type = 'file', linkname } of entries)
    tar.entry({ name, type, ...(linkname === undefined ? {} : { linkname }) }, type === 'file' ? text : '');
  tar.finalize();
  return gzipSync(await buffer(tar));
}

/** Uploads over HTTPS as the command line does; answers the upload's name. */
export async function sendArchive(platform: Platform, app: string, bytes: Uint8Array): Promise<string> {
  const { desk, node } = platform;
  desk.writeFile('/run/lab/archive.tgz', bytes);
  const { token } = JSON.parse(desk.readFile('/run/lab/config/bastide/config.json')) as { token: string };
  desk.writeFile(
    '/run/lab/headers',
    `authorization: Bearer ${token}\ncontent-type: application/gzip\n`,
    0o600,
  );
  const sent = await node.curl(
    `https://bastide.${DOMAIN}/v1/apps/${app}/sources`,
    ['--header', '@/run/lab/headers', '--data-binary', '@/run/lab/archive.tgz'],
    desk,
  );
  return (JSON.parse(sent.stdout) as { upload: string }).upload;
}
