import { engineCertificates } from '../../src/capabilities/nodes/system/registry.ts';
import { paths } from '../../src/main/paths.ts';

/** Everything that the platform has ever written, for `npm stop -- --purge`. */
export const dataDirectories: readonly string[] = [
  paths.config,
  paths.state,
  paths.cache,
  paths.log,
  paths.run,
  engineCertificates,
  '/usr/local/bin/bastide',
];
