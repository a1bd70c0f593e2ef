import { createHash, createHmac } from 'node:crypto';
import type { Bucket } from './port.ts';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();

/** As RFC 3986 has it: encodeURIComponent leaves five characters that the signature wants encoded. */
const encoded = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);

const EMPTY = sha256('');

export interface SignedRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * A GET without a body, signed with AWS Signature Version 4 for the service s3. `at` is the time of the signature;
 * providers take it when it is within minutes of theirs.
 */
export function signedGet(
  bucket: Bucket,
  path: string,
  query: Readonly<Record<string, string>>,
  at: Date,
): SignedRequest {
  const url = new URL(bucket.endpoint + path);
  const stamp = at.toISOString().replace(/\.\d+/, '').replaceAll(/[-:]/g, '');
  const day = stamp.slice(0, 8);
  const asked = Object.entries(query)
    .map(([name, value]) => `${encoded(name)}=${encoded(value)}`)
    .sort()
    .join('&');
  const headers = { host: url.host, 'x-amz-content-sha256': EMPTY, 'x-amz-date': stamp };
  const names = Object.keys(headers).join(';');
  const lines = Object.entries(headers).map(([name, value]) => `${name}:${value}\n`);
  const canonical = ['GET', url.pathname, asked, lines.join(''), names, EMPTY].join('\n');
  const scope = `${day}/${bucket.region}/s3/aws4_request`;
  const text = ['AWS4-HMAC-SHA256', stamp, scope, sha256(canonical)].join('\n');
  const key = [day, bucket.region, 's3', 'aws4_request'].reduce<string | Buffer>(
    hmac,
    `AWS4${bucket.secretAccessKey.reveal()}`,
  );
  return {
    url: `${url.origin}${url.pathname}${asked === '' ? '' : `?${asked}`}`,
    headers: {
      ...headers,
      authorization: `AWS4-HMAC-SHA256 Credential=${bucket.accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${hmac(key, text).toString('hex')}`,
    },
  };
}

/** One object's name of the bucket, or none: addressed by path, which every provider understands. */
export const listOne = (bucket: Bucket, at: Date): SignedRequest =>
  signedGet(bucket, `/${bucket.bucket}`, { 'list-type': '2', 'max-keys': '1' }, at);
