import { z } from 'zod';
import type { Connection } from '../port.ts';

const Line = z.object({
  at: z.iso.datetime(),
  event: z.enum(['opened', 'closed', 'refused']),
  user: z.string().optional(),
  source: z.string().optional(),
  reason: z.string().optional(),
  seconds: z.int().optional(),
  tls: z.string().optional(),
});

/** One line of the relay's log; undefined where it speaks of something else. */
export function readRelayLine(line: string): (Connection & { readonly at: string }) | undefined {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    return undefined;
  }
  const read = Line.safeParse(json);
  if (!read.success) return undefined;
  const { event, at, user, source, reason, seconds, tls } = read.data;
  return {
    kind: event,
    at,
    ...(user === undefined ? {} : { user }),
    ...(source === undefined ? {} : { source }),
    ...(reason === undefined ? {} : { reason }),
    ...(seconds === undefined ? {} : { seconds }),
    ...(tls === undefined ? {} : { tls }),
  };
}
