import { expect, it } from 'vitest';
import { renderRegistryConfig } from './registry-config.ts';

it('speaks to nobody without a certificate, keeps no cache and lets blobs be removed', () => {
  const config = JSON.parse(renderRegistryConfig('s3cret'));
  expect(config.http).toMatchObject({
    addr: ':5443',
    secret: 's3cret',
    tls: { clientcas: ['/etc/bastide/ca.crt'] },
  });
  expect(config.storage).toEqual({
    filesystem: { rootdirectory: '/var/lib/registry' },
    delete: { enabled: true },
    maintenance: { uploadpurging: { enabled: true, age: '24h', interval: '6h', dryrun: false } },
  });
});
