import { expect, test } from 'vitest';
import { endpointFault, MAIN_VARIABLES, plainEndpoint, StoreName, variables } from './model.ts';

test.each([
  ['https://s3.eu-central-1.amazonaws.com', undefined],
  ['https://account.r2.cloudflarestorage.com', undefined],
  ['https://minio.example.com:9000/', undefined],
  ['https://x.example.co/storage/v1/s3', undefined],
  ['http://s3.example.com', 'only https is taken'],
  ['ftp://s3.example.com', 'only https is taken'],
  ['https://user:pw@s3.example.com', 'it has a user or password in it'],
  ['https://s3.example.com?x=1', 'it has a query or fragment'],
  ['https://169.254.169.254', 'the host is an address, not a name'],
  ['https://0x7f.1', 'the host is an address, not a name'],
  ['https://[::1]', 'the host is an address, not a name'],
  ['https://localhost', 'the host is not a full name'],
  ['https://shop-db.db', 'the host is not a public name'],
  ['https://metadata.google.internal', 'the host is not a public name'],
  ['https://s3.example.com:22', 'its port is neither 443 nor one of 1024 and above'],
  ['https://s3.example.com/a/../b', 'its path is not plain'],
  ['https://s3.example.com/a%2fb', 'its path is not plain'],
  ['s3.example.com', 'it is not a URL'],
  ['https://s3.example.com /', 'it is not a URL'],
])('%s: %s', (endpoint, fault) => expect(endpointFault(endpoint)).toBe(fault));

test('an endpoint is kept without a slash at its end', () => {
  expect(plainEndpoint('https://S3.example.com/')).toBe('https://s3.example.com');
  expect(plainEndpoint('https://s3.example.com:9000/a/')).toBe('https://s3.example.com:9000/a');
});

test('the config vars of a store are those of its name, and the common ones where it is the main one', () => {
  expect(variables('shop-uploads', false)).toEqual({
    SHOP_UPLOADS_ENDPOINT: 'endpoint',
    SHOP_UPLOADS_REGION: 'region',
    SHOP_UPLOADS_BUCKET: 'bucket',
    SHOP_UPLOADS_ACCESS_KEY_ID: 'accessKeyId',
    SHOP_UPLOADS_SECRET_ACCESS_KEY: 'secretAccessKey',
  });
  expect(variables('shop-uploads', true)).toMatchObject(MAIN_VARIABLES);
});

test('no name makes the common config vars its own', () => {
  expect(['aws', 's3', 'uploads'].map((name) => StoreName.safeParse(name).success)).toEqual([
    false,
    false,
    true,
  ]);
});
