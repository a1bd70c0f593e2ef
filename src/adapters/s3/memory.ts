import { bucketMissing, credentialRefused } from './errors.ts';
import type { Access, ObjectStorage } from './port.ts';

/** A provider in memory: secret keys by access key id, and what each may do in which bucket. */
export function makeMemoryProvider() {
  const keys = new Map<string, string>();
  const buckets = new Map<string, Access>();
  const storage: ObjectStorage = {
    async check({ bucket, accessKeyId, secretAccessKey }) {
      if (keys.get(accessKeyId) !== secretAccessKey.reveal())
        return credentialRefused('SignatureDoesNotMatch');
      return buckets.get(bucket) ?? bucketMissing(bucket);
    },
  };
  return { keys, buckets, storage };
}
