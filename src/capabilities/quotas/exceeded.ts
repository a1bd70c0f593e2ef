import { z } from 'zod';
import type { Refusal } from '../../kernel/refusal.ts';
import { quotaExceeded } from './errors.ts';
import { QuotaName } from './model.ts';

const Said = z.object({ organization: z.string(), quota: QuotaName, use: z.number(), most: z.number() });

/** PURE. What an error of the database says of a quota, if it does: 0076_quotas.sql. */
export function exceeded(error: unknown): Refusal | undefined {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  return code === 'BQ001' ? quotaExceeded(Said.parse(JSON.parse(String(message)))) : undefined;
}
