import { Refusal } from '../../kernel/refusal.ts';

export const endpointPrivate = (host: string) =>
  new Refusal(
    'objects_endpoint_private',
    `${host} does not lead to a public address`,
    'Apps reach the internet and nothing private: name an endpoint there.',
  );

export const endpointUnreachable = (host: string, why: string) =>
  new Refusal(
    'objects_endpoint_unreachable',
    `${host} does not answer: ${why}`,
    'Check the endpoint, then ask for it again.',
  );

export const endpointUntrusted = (host: string, why: string) =>
  new Refusal(
    'objects_endpoint_untrusted',
    `The certificate of ${host} is not trusted: ${why}`,
    'The endpoint needs a certificate of a public authority.',
  );

export const credentialRefused = (why: string) =>
  new Refusal(
    'objects_credential_refused',
    `The provider does not take this key: ${why}`,
    'Check the access key id and the secret key with the provider.',
  );

export const bucketMissing = (bucket: string) =>
  new Refusal(
    'objects_bucket_missing',
    `The provider has no bucket ${bucket}`,
    'Make it there first, or check its name and the endpoint.',
  );

export const regionWrong = (region: string, right: string | undefined) =>
  new Refusal(
    'objects_region_wrong',
    right ? `The bucket is in ${right}, not in ${region}` : `The bucket is not in ${region}`,
    right ? `Bind it again with --region ${right}` : 'Look its region up with the provider.',
  );

export const answerUnclear = (status: number, code: string | undefined) =>
  new Refusal(
    'objects_answer_unclear',
    `The provider answers with ${status}${code ? ` (${code})` : ''}`,
    'Check that the endpoint is that of its S3 interface.',
  );
