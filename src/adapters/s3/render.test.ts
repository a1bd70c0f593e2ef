import { expect, test } from 'vitest';
import { Secret } from '../../kernel/secret.ts';
import { listOne, signedGet } from './render.ts';

// The example of AWS' own documentation, "GET Bucket (List Objects)" of Signature Version 4.
const example = {
  endpoint: 'https://examplebucket.s3.amazonaws.com',
  region: 'us-east-1',
  bucket: 'examplebucket',
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: new Secret('wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'),
};
const at = new Date('2013-05-24T00:00:00Z');

test('a request is signed as the documentation signs it', () => {
  expect(signedGet(example, '/', { 'max-keys': '2', prefix: 'J' }, at)).toEqual({
    url: 'https://examplebucket.s3.amazonaws.com/?max-keys=2&prefix=J',
    headers: {
      host: 'examplebucket.s3.amazonaws.com',
      'x-amz-content-sha256': 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
      'x-amz-date': '20130524T000000Z',
      authorization:
        'AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7',
    },
  });
});

test('a bucket is asked for by its path, below the path of the endpoint, and the secret is nowhere', () => {
  const signed = listOne(
    { ...example, endpoint: 'https://x.example.com:9000/storage/v1/s3', bucket: 'shop' },
    at,
  );
  expect(signed.url).toBe('https://x.example.com:9000/storage/v1/s3/shop?list-type=2&max-keys=1');
  expect(signed.headers.host).toBe('x.example.com:9000');
  expect(JSON.stringify(signed)).not.toContain('wJalrXUtnFEMI');
});
