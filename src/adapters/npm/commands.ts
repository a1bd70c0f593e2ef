import type { Command } from '../../kernel/command.ts';

/** Downloads one published package with npm's own client and the registry that this machine is set up for. */
export const packPackage = (name: string, version: string, destination: string, home: string): Command => ({
  argv: [
    'npm',
    'pack',
    `${name}@${version}`,
    '--silent',
    '--ignore-scripts',
    '--pack-destination',
    destination,
  ],
  cwd: destination,
  env: {
    HOME: home,
    // Node does not read the system's certificate store by itself.
    NODE_EXTRA_CA_CERTS: '/etc/ssl/certs/ca-certificates.crt',
  },
});
