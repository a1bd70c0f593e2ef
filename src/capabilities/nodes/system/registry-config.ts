import { REGISTRY_PORT } from '../../../main/paths.ts';

/**
 * The registry's configuration, as JSON (which is YAML). Mutual TLS: without a certificate of its authority there
 * is no conversation. No blob cache: it would answer for blobs that a collection has removed.
 */
export const renderRegistryConfig = (httpSecret: string): string =>
  `${JSON.stringify(
    {
      version: 0.1,
      log: { level: 'warn', accesslog: { disabled: true }, fields: { service: 'registry' } },
      storage: {
        filesystem: { rootdirectory: '/var/lib/registry' },
        delete: { enabled: true },
        maintenance: { uploadpurging: { enabled: true, age: '24h', interval: '6h', dryrun: false } },
      },
      http: {
        addr: `:${REGISTRY_PORT}`,
        secret: httpSecret,
        headers: { 'X-Content-Type-Options': ['nosniff'] },
        tls: {
          certificate: '/etc/bastide/registry.crt',
          key: '/etc/bastide/registry.key',
          clientcas: ['/etc/bastide/ca.crt'],
          minimumtls: 'tls1.2',
        },
      },
    },
    undefined,
    2,
  )}\n`;
