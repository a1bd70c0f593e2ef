import { expect, it } from 'vitest';
import { renderRegistryConfig } from './render.ts';

it('renders a registry that lets only the platform in', () => {
  const text = renderRegistryConfig({
    listen: '10.200.0.1:5443',
    dataDir: '/var/lib/registry',
    tls: { cert: '/tls/server.crt', key: '/tls/server.key', clientCa: '/tls/ca.crt' },
    secret: 'random',
  });
  expect(text).toBe(`version: 0.1
log:
  level: warn
  accesslog:
    disabled: true
  fields:
    service: registry
storage:
  filesystem:
    rootdirectory: /var/lib/registry
  delete:
    enabled: true
  maintenance:
    readonly:
      enabled: false
    uploadpurging:
      enabled: true
      age: 24h
      interval: 6h
      dryrun: false
http:
  addr: 10.200.0.1:5443
  secret: random
  relativeurls: true
  headers:
    X-Content-Type-Options:
      - nosniff
  tls:
    certificate: /tls/server.crt
    key: /tls/server.key
    clientcas:
      - /tls/ca.crt
    minimumtls: tls1.2
`);
});
