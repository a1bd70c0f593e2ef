import { stringify } from 'yaml';

export interface RegistryServer {
  /** `address:port`; never in 127.0.0.0/8, which the engine would talk to without TLS. */
  readonly listen: string;
  readonly dataDir: string;
  readonly tls: { readonly cert: string; readonly key: string; readonly clientCa: string };
  /** Signs the state of uploads. Any random string; in the file, which is 0600 and the registry's own. */
  readonly secret: string;
  /** True while garbage is collected: pulls work, pushes get 405. */
  readonly readOnly?: boolean;
}

/**
 * The configuration of distribution 2.8 (config.yml).
 *
 * Who may enter is decided by mutual TLS alone. There are two kinds of client, the agent and the engine of a node;
 * both are root on that node and hold a certificate of the platform's own authority, so a password or token beside
 * it would lie in the same hands and add a second secret to lose. Tenants have neither a certificate nor a route
 * to the address. Writing does not grant running either: the agent runs an image by digest only, and only with a
 * signature that no registry client can make. A token service comes when tenants may push.
 *
 * No blob cache: with one, a collected blob still looks present and its next push is lost.
 */
export function renderRegistryConfig(server: RegistryServer): string {
  return stringify({
    version: 0.1,
    log: { level: 'warn', accesslog: { disabled: true }, fields: { service: 'registry' } },
    storage: {
      filesystem: { rootdirectory: server.dataDir },
      delete: { enabled: true },
      maintenance: {
        readonly: { enabled: server.readOnly ?? false },
        uploadpurging: { enabled: true, age: '24h', interval: '6h', dryrun: false },
      },
    },
    http: {
      addr: server.listen,
      secret: server.secret,
      relativeurls: true,
      headers: { 'X-Content-Type-Options': ['nosniff'] },
      tls: {
        certificate: server.tls.cert,
        key: server.tls.key,
        clientcas: [server.tls.clientCa],
        minimumtls: 'tls1.2',
      },
    },
  });
}
