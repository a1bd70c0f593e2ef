import { Spec, Validation } from '@cyclonedx/cyclonedx-library';
import { expect, it } from 'vitest';
import { Recipe } from './model.ts';
import { renderSbom } from './sbom.ts';

const recipe = Recipe.parse({
  name: 'test',
  description: 'A stack for tests.',
  suite: 'bookworm',
  abi: 'test-1',
  user: { name: 'app', uid: 10001, home: '/app' },
  packages: ['bash'],
  npm: [
    {
      name: '@scope/x',
      version: '1.0.0',
      integrity: `sha512-${'A'.repeat(86)}==`,
      copy: { '.': '/usr/local/x' },
    },
  ],
  config: { workingDir: '/app', stopSignal: 'SIGTERM' },
});
const packages = [
  { name: 'libstdc++6', version: '1:12.2', architecture: 'amd64', source: 'gcc-12', sourceVersion: '12.2' },
];
const render = () => renderSbom(recipe, '20261120-000000000000', packages, new Date('2026-11-20T00:00:00Z'));

it('is valid CycloneDX 1.6', async () => {
  const validator = new Validation.JsonStrictValidator(Spec.Version.v1dot6);
  expect(await validator.validate(render())).toBeNull();
  expect(await validator.validate(render().replace('"components"', '"parts"'))).not.toBeNull();
});

it('names each package as advisories do', () => {
  const { components } = JSON.parse(render());
  expect(components).toContainEqual(
    expect.objectContaining({
      purl: 'pkg:deb/debian/libstdc%2B%2B6@1:12.2?arch=amd64&distro=debian-12',
      properties: [
        { name: 'debian:source', value: 'gcc-12' },
        { name: 'debian:sourceVersion', value: '12.2' },
      ],
    }),
  );
  expect(components).toContainEqual(expect.objectContaining({ purl: 'pkg:npm/%40scope/x@1.0.0' }));
});

it('is the same for the same packages', () => expect(render()).toBe(render()));
