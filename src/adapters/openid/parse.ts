import { z } from 'zod';
import type { KeySet } from './port.ts';

/** Members of a public key (RFC 7517, 7518, 8037). What a private one has besides is not among them. */
const PUBLIC = z.object({
  kty: z.enum(['RSA', 'EC', 'OKP']),
  kid: z.string().max(300).optional(),
  alg: z.string().max(20).optional(),
  use: z.string().max(20).optional(),
  n: z.string().max(2000).optional(),
  e: z.string().max(20).optional(),
  crv: z.string().max(20).optional(),
  x: z.string().max(200).optional(),
  y: z.string().max(200).optional(),
});
const Document = z.object({ keys: z.array(z.unknown()).max(100) });

/** PURE. The public keys of a JWKS; those of a form that verifies nothing here (symmetric ones) are left out. */
export function parseKeys(text: string): KeySet | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const document = Document.safeParse(value);
  if (!document.success) return undefined;
  const keys = document.data.keys.flatMap((key) => {
    const parsed = PUBLIC.safeParse(key);
    return parsed.success ? [parsed.data] : [];
  });
  return keys.length > 0 ? { keys } : undefined;
}
