import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TarEntry } from './entries.ts';
import { finishLayout, writeLayer } from './layout-write.ts';
import type { RunConfig } from './model.ts';
import { tarOf } from './tar-write.ts';

const EPOCH = new Date(1_790_000_000_000);

export const textFile = (path: string, text: string, mode = 0o644): TarEntry => ({
  type: 'file',
  path,
  mode,
  uid: 0,
  gid: 0,
  content: Buffer.from(text),
});

/** A small image in a new directory, one layer for each list of entries. Whoever asks removes it. */
export async function testLayout(
  layers: readonly (readonly TarEntry[])[],
  config: RunConfig = {},
): Promise<string> {
  const layout = await mkdtemp(join(tmpdir(), 'bastide-layout-'));
  const written = [];
  for (const entries of layers) written.push(await writeLayer(layout, tarOf(entries, EPOCH)));
  await finishLayout(
    layout,
    {
      architecture: 'amd64',
      os: 'linux',
      created: EPOCH.toISOString(),
      config,
      rootfs: { type: 'layers', diff_ids: written.map(({ diffId }) => diffId) },
    },
    written.map(({ descriptor }) => descriptor),
  );
  return layout;
}
