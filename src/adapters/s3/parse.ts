import type { Outcome } from '../../kernel/refusal.ts';
import { answerUnclear, bucketMissing, credentialRefused, regionWrong } from './errors.ts';
import type { Access, Bucket } from './port.ts';

export interface Answer {
  readonly status: number;
  readonly region: string | undefined;
  readonly body: string;
}

const tag = (body: string, name: string): string | undefined =>
  new RegExp(`<${name}>([A-Za-z0-9._-]{1,100})</${name}>`).exec(body)?.[1];

/** The signature was looked at and found right before this was said. */
const LIMITED = new Set(['AccessDenied', 'AllAccessDisabled']);
const REGION = new Set([
  'AuthorizationHeaderMalformed',
  'PermanentRedirect',
  'IllegalLocationConstraintException',
]);

/** What the provider's answer to the listing means. Nothing of its text is shown but codes of its own. */
export function parseAnswer({ bucket, region }: Bucket, answer: Answer): Outcome<Access> {
  const { status, body } = answer;
  if (status === 200)
    return body.includes('<ListBucketResult') ? 'list' : answerUnclear(status, 'no list of objects');
  const code = tag(body, 'Code');
  if (code === 'NoSuchBucket') return bucketMissing(bucket);
  if ((code !== undefined && REGION.has(code)) || status === 301)
    return regionWrong(region, tag(body, 'Region') ?? answer.region);
  if (status === 403 && code !== undefined && LIMITED.has(code)) return 'limited';
  if (status === 401 || status === 403) return credentialRefused(code ?? `${status}`);
  return answerUnclear(status, code);
}
