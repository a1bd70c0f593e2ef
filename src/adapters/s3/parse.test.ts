import { expect, test } from 'vitest';
import { isRefusal } from '../../kernel/refusal.ts';
import { Secret } from '../../kernel/secret.ts';
import { isPublic } from '../outbound/addresses.ts';
import { parseAnswer } from './parse.ts';

const bucket = {
  endpoint: 'https://s3.example.com',
  region: 'us-east-1',
  bucket: 'shop',
  accessKeyId: 'KEY',
  secretAccessKey: new Secret('secret'),
};
const xml = (code: string, more = '') =>
  `<?xml version="1.0"?><Error><Code>${code}</Code><Message>m</Message>${more}</Error>`;
const says = (status: number, body: string, region?: string) => {
  const said = parseAnswer(bucket, { status, body, region });
  return isRefusal(said) ? said.code : said;
};

test.each([
  ['8.8.8.8', true],
  ['2606:4700::1111', true],
  ['10.1.2.3', false],
  ['127.0.0.1', false],
  ['169.254.169.254', false],
  ['172.18.0.1', false],
  ['192.168.0.1', false],
  ['100.64.0.1', false],
  ['0.0.0.0', false],
  ['239.1.1.1', false],
  ['::1', false],
  ['::ffff:10.0.0.1', false],
  ['fe80::1', false],
  ['fd00::1', false],
  ['64:ff9b::a00:1', false],
  ['2002:a00:1::', false],
  ['2001:db8::1', false],
])('%s is public: %s', (address, expected) => expect(isPublic(address)).toBe(expected));

test('what a provider answers is told apart', () => {
  expect(says(200, '<ListBucketResult><Name>shop</Name></ListBucketResult>')).toBe('list');
  expect(says(200, '<html>welcome</html>')).toBe('objects_answer_unclear');
  expect(says(403, xml('AccessDenied'))).toBe('limited');
  expect(says(403, xml('SignatureDoesNotMatch'))).toBe('objects_credential_refused');
  expect(says(403, xml('InvalidAccessKeyId'))).toBe('objects_credential_refused');
  expect(says(403, '')).toBe('objects_credential_refused');
  expect(says(401, '')).toBe('objects_credential_refused');
  expect(says(404, xml('NoSuchBucket'))).toBe('objects_bucket_missing');
  expect(says(404, '')).toBe('objects_answer_unclear');
  expect(says(503, xml('SlowDown'))).toBe('objects_answer_unclear');
});

test('the right region is told where the provider tells it, and only its name', () => {
  const next = (body: string, region?: string) => {
    const said = parseAnswer(bucket, { status: 400, body, region });
    return isRefusal(said) ? said.next : said;
  };
  const wrong = xml('AuthorizationHeaderMalformed', '<Region>eu-west-1</Region>');
  expect(next(wrong)).toContain('--region eu-west-1');
  expect(next(xml('AuthorizationHeaderMalformed'), 'eu-north-1')).toContain('--region eu-north-1');
  expect(says(301, '')).toBe('objects_region_wrong');
  expect(next(xml('AuthorizationHeaderMalformed', '<Region>\u001b[31m;rm</Region>'))).not.toContain('rm');
});
