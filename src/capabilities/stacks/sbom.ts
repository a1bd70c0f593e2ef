import { Enums, Models, Serialize, Spec } from '@cyclonedx/cyclonedx-library';
import { PackageURL } from 'packageurl-js';
import type { DebianPackage } from './dpkg.ts';
import type { Recipe } from './model.ts';

const RELEASE = { bookworm: '12', trixie: '13' } as const;

const npmUrl = (full: string, version: string): string => {
  const [scope, name] = full.startsWith('@') ? full.split('/') : [undefined, full];
  return new PackageURL('npm', scope, name!, version, undefined, undefined).toString();
};

function debian(pkg: DebianPackage, distro: string): Models.Component {
  const qualifiers = { arch: pkg.architecture, distro };
  const purl = new PackageURL('deb', 'debian', pkg.name, pkg.version, qualifiers, undefined).toString();
  const component = new Models.Component(Enums.ComponentType.Library, pkg.name, {
    version: pkg.version,
    purl,
    bomRef: purl,
  });
  component.properties.add(new Models.Property('debian:source', pkg.source));
  component.properties.add(new Models.Property('debian:sourceVersion', pkg.sourceVersion));
  return component;
}

/**
 * The bill of materials of a stack: CycloneDX 1.6 JSON. Same packages and time, same bytes.
 * Debian packages carry their source package, which is what advisories name.
 */
export function renderSbom(
  recipe: Recipe,
  version: string,
  packages: readonly DebianPackage[],
  at: Date,
): string {
  const release = RELEASE[recipe.suite];
  const bom = new Models.Bom();
  bom.metadata.timestamp = at;
  bom.metadata.component = new Models.Component(Enums.ComponentType.Container, `stacks/${recipe.name}`, {
    version,
    bomRef: 'stack',
  });
  bom.components.add(
    new Models.Component(Enums.ComponentType.OperatingSystem, 'debian', { version: release, bomRef: 'os' }),
  );
  for (const pkg of packages) bom.components.add(debian(pkg, `debian-${release}`));
  for (const { name, version: npmVersion, integrity } of recipe.npm) {
    const purl = npmUrl(name, npmVersion);
    const component = new Models.Component(Enums.ComponentType.Library, name, {
      version: npmVersion,
      purl,
      bomRef: purl,
    });
    const sha512 = Buffer.from(integrity.slice('sha512-'.length), 'base64').toString('hex');
    component.hashes.set(Enums.HashAlgorithm['SHA-512'], sha512);
    bom.components.add(component);
  }
  const factory = new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6);
  return new Serialize.JsonSerializer(factory).serialize(bom, { sortLists: true, space: 1 });
}
