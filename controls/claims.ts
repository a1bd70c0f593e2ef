import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';

const File = z.record(
  z.string(),
  z.record(z.string(), z.strictObject({ claim: z.string(), proof: z.string() })),
);

/** What the platform promises, claim by claim, and what has to be tried for each to count as proven: claims.yaml. */
export interface Claim {
  readonly id: string;
  readonly area: string;
  readonly claim: string;
  readonly proof: string;
}

export const claims: readonly Claim[] = Object.entries(
  File.parse(parse(readFileSync(join(import.meta.dirname, 'claims.yaml'), 'utf8'))),
).flatMap(([area, of]) => Object.entries(of).map(([id, said]) => ({ id, area, ...said })));
