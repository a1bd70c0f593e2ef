import { describe, expect, it } from 'vitest';
import { splitPem } from './parse.ts';

const certificate = '-----BEGIN CERTIFICATE-----\nAA\n-----END CERTIFICATE-----\n';
const key = '-----BEGIN PRIVATE KEY-----\nBB\n-----END PRIVATE KEY-----\n';

describe('a PEM text', () => {
  it('is split into its certificate and its key, whatever their order and what stands between', () => {
    expect(splitPem(`${certificate}${key}`)).toEqual({ certificate, key });
    expect(splitPem(`words\n${key}\n\n${certificate}${certificate}`)).toEqual({ certificate, key });
  });

  it('that lacks one of them, or is cut off, is none', () => {
    expect(splitPem(certificate)).toBeUndefined();
    expect(splitPem(key)).toBeUndefined();
    expect(splitPem(`${certificate}${key.slice(0, 40)}`)).toBeUndefined();
    expect(splitPem('')).toBeUndefined();
  });
});
