import { createReadStream } from 'node:fs';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { must } from '../../kernel/refusal.ts';
import { appendLayer } from './append.ts';
import { checkLayerBlob } from './check-blob.ts';
import { checkAppLayers } from './check-layer.ts';
import { toDockerArchive } from './docker-archive.ts';
import { hex } from './hash.ts';
import { blobPath, readLayout } from './layout-read.ts';
import { readMatching } from './read-files.ts';
import { testLayout, textFile } from './testing.ts';

const made: string[] = [];
const keep = async (path: Promise<string>): Promise<string> => {
  made.push(await path);
  return path;
};
const scratch = () => keep(mkdtemp(join(tmpdir(), 'bastide-oci-')));
const stack = () => keep(testLayout([[textFile('usr/lib/a', 'stack')]], { User: '10001', Env: ['A=1'] }));
afterEach(async () => {
  await Promise.all(made.splice(0).map((path) => rm(path, { recursive: true, force: true })));
});

describe('an OCI layout', () => {
  it('is the same for the same content', async () => {
    const [one, two] = [must(await readLayout(await stack())), must(await readLayout(await stack()))];
    expect(two.manifestDigest).toBe(one.manifestDigest);
  });

  it('gets one more layer on top and keeps what the base says', async () => {
    const base = await stack();
    const config = { Entrypoint: ['node'] };
    const files = [textFile('app/main.js', '1')];
    const out = join(await scratch(), 'out');
    const appended = must(await appendLayer(base, files, config, out));
    const again = must(await appendLayer(base, [...files].reverse(), config, `${out}2`));
    expect(again.manifestDigest).toBe(appended.manifestDigest);
    const read = must(await readLayout(out));
    expect(read.config.rootfs.diff_ids).toEqual(appended.diffIds);
    expect(read.config.config).toEqual({ User: '10001', Env: ['A=1'], Entrypoint: ['node'] });
    expect(must(await checkAppLayers(out, 1))).toBe(1);
  });

  it('is refused when a blob is not what its name says', async () => {
    const layout = await stack();
    const { manifest } = must(await readLayout(layout));
    const path = blobPath(layout, manifest.config.digest);
    await writeFile(path, (await readFile(path, 'utf8')).replace('10001', '00000'));
    expect(await readLayout(layout)).toMatchObject({ code: 'image_layout_invalid' });
  });

  it('is not read through links', async () => {
    const layout = await stack();
    const { manifest } = must(await readLayout(layout));
    const path = blobPath(layout, manifest.config.digest);
    const elsewhere = join(await scratch(), 'blob');
    await writeFile(elsewhere, await readFile(path));
    await rm(path);
    await symlink(elsewhere, path);
    expect(await readLayout(layout)).toMatchObject({ code: 'image_layout_invalid' });
  });

  it('holds layers that unpack to their diff ids', async () => {
    const layout = await stack();
    const { manifest, config } = must(await readLayout(layout));
    const [layer] = manifest.layers;
    expect(await checkLayerBlob(layout, layer!, config.rootfs.diff_ids[0]!)).toBeUndefined();
    const other = `sha256:${'0'.repeat(64)}`;
    expect(await checkLayerBlob(layout, layer!, other)).toMatchObject({ code: 'image_layout_invalid' });
    expect(await checkLayerBlob(layout, { ...layer!, size: 1 }, config.rootfs.diff_ids[0]!)).toMatchObject({
      code: 'image_layout_invalid',
    });
  });

  it('is refused for what its layers do outside the app', async () => {
    const layout = await keep(
      testLayout([[textFile('app/x', '')], [textFile('etc/ld.so.preload', '/app/x')]]),
    );
    expect(await checkAppLayers(layout, 0)).toMatchObject({
      code: 'image_layer_refused',
      details: { findings: ['outside the app: etc/ld.so.preload'] },
    });
    expect(await checkAppLayers(layout, 2)).toBe(0);
  });

  it('becomes an archive for docker load', async () => {
    const layout = await stack();
    const { manifest } = must(await readLayout(layout));
    const out = join(await scratch(), 'image.tar');
    expect(must(await toDockerArchive(layout, 'bastide/test:1', out)).imageId).toBe(manifest.config.digest);
    const files = await readMatching(createReadStream(out), /json$/);
    expect(JSON.parse(files.get('manifest.json') ?? '')).toEqual([
      {
        Config: `${hex(manifest.config.digest)}.json`,
        RepoTags: ['bastide/test:1'],
        Layers: [`${hex(manifest.layers[0]!.digest)}.tar`],
      },
    ]);
    await rm(blobPath(layout, manifest.layers[0]!.digest));
    expect(await toDockerArchive(layout, 'bastide/test:1', out)).toMatchObject({
      code: 'image_layout_invalid',
    });
  });
});
