import { generateKeyPairSync } from 'node:crypto';
import type { Signer } from './port.ts';
import { signerWith } from './signer.ts';

/** A signer whose key nobody keeps: the real one without its file. */
export const memorySigner = (): Signer =>
  signerWith(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey);
