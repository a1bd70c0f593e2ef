import { rm, writeFile } from 'node:fs/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { must } from '../../kernel/refusal.ts';
import type { TarEntry } from '../oci/entries.ts';
import { blobPath, readLayout } from '../oci/layout-read.ts';
import { testLayout, textFile } from '../oci/testing.ts';
import type { Registry } from './port.ts';

const STACK: readonly TarEntry[] = [textFile('usr/lib/stack', 'stack')];
const APP: readonly TarEntry[] = [textFile('app/main.js', 'app')];
const CONFIG = {
  User: '10001:10001',
  Env: ['A=1'],
  Entrypoint: ['node'],
  Cmd: ['main.js'],
  WorkingDir: '/app',
  ExposedPorts: { '8080/tcp': {} },
  Labels: { 'bastide.stack': 'node' },
};
const NOBODY = `sha256:${'0'.repeat(64)}`;

/** What every registry promises. */
export function registryConformance(name: string, make: () => Promise<Registry> | Registry): void {
  describe(`${name} as a registry`, () => {
    const made: string[] = [];
    const layout = async (...layers: (readonly TarEntry[])[]): Promise<string> => {
      const path = await testLayout(layers, CONFIG);
      made.push(path);
      return path;
    };
    afterEach(async () => {
      await Promise.all(made.splice(0).map((path) => rm(path, { recursive: true, force: true })));
    });

    it('takes an image and tells how it runs', async () => {
      const registry = await make();
      const ref = must(await registry.push(await layout(STACK), 'stacks/node'));
      expect(ref).toMatchObject({ repository: 'stacks/node', digest: expect.stringMatching(/^sha256:/) });
      expect(must(await registry.exists(ref))).toBe(true);
      expect(must(await registry.config(ref))).toMatchObject({
        user: '10001:10001',
        env: ['A=1'],
        entrypoint: ['node'],
        command: ['main.js'],
        workingDir: '/app',
        exposedPorts: ['8080/tcp'],
        labels: { 'bastide.stack': 'node' },
      });
    });

    it('gives the same image the same digest, however often it comes', async () => {
      const registry = await make();
      const once = must(await registry.push(await layout(STACK), 'stacks/node'));
      expect(must(await registry.push(await layout(STACK), 'stacks/node'))).toEqual(once);
    });

    it('takes the base from its own copy, not from the layout', async () => {
      const registry = await make();
      const stack = must(await registry.push(await layout(STACK), 'stacks/node'));
      const app = await layout(STACK, APP);
      const { manifest } = must(await readLayout(app));
      await rm(blobPath(app, manifest.layers[0]!.digest));
      const ref = must(await registry.push(app, 'apps/0193', stack));
      expect(must(await registry.config(ref)).diffIds).toHaveLength(2);
    });

    it('refuses an image that does not sit on the base', async () => {
      const registry = await make();
      const stack = must(await registry.push(await layout(STACK), 'stacks/node'));
      expect(await registry.push(await layout(APP), 'apps/0193', stack)).toMatchObject({
        code: 'image_not_on_stack',
      });
    });

    it('refuses a base that is not there', async () => {
      const registry = await make();
      const base = { repository: 'stacks/none', digest: NOBODY };
      expect(await registry.push(await layout(STACK, APP), 'apps/0193', base)).toMatchObject({
        code: 'image_missing',
      });
    });

    it('refuses a layer that is not what the manifest says', async () => {
      const registry = await make();
      const altered = await layout(STACK);
      const { manifest } = must(await readLayout(altered));
      await writeFile(blobPath(altered, manifest.layers[0]!.digest), 'other');
      expect(await registry.push(altered, 'stacks/node')).toMatchObject({ code: 'image_layout_invalid' });
    });

    it.each(['Apps/x', '../x', 'apps//x', 'apps/x?y', ''])(
      'refuses the repository %j',
      async (repository) => {
        const registry = await make();
        expect(await registry.push(await layout(STACK), repository)).toMatchObject({
          code: 'registry_refused',
        });
      },
    );

    it('misses what is not there', async () => {
      const registry = await make();
      const ref = { repository: 'apps/none', digest: NOBODY };
      expect(must(await registry.exists(ref))).toBe(false);
      expect(await registry.config(ref)).toMatchObject({ code: 'image_missing' });
      expect(await registry.remove(ref)).toBeUndefined();
      const strange = { repository: 'apps/none', digest: '../../../x' };
      expect(await registry.config(strange)).toMatchObject({ code: 'image_missing' });
      expect(must(await registry.exists(strange))).toBe(false);
    });

    it('forgets what is removed', async () => {
      const registry = await make();
      const ref = must(await registry.push(await layout(STACK), 'apps/gone'));
      expect(await registry.remove(ref)).toBeUndefined();
      expect(must(await registry.exists(ref))).toBe(false);
    });
  });
}
