import { z } from 'zod';
import { broken, held, inconclusive, judging } from '../../contract/judging.ts';

const Port = z.enum(['open', 'closed', 'silent', 'unreachable']);
const Facts = z.object({
  /** Entries of all projects that are open now. */
  entries: z.int(),
  /** Entries that are open after their end. */
  overdue: z.int(),
  /** Certificates for longer than a quarter of an hour. */
  long: z.int(),
  /** Certificates of accounts without a second factor. */
  bare: z.int(),
});

const World = z.object({
  /** Why nothing was opened; null where it was. */
  refused: z.string().nullable(),
  before: Port,
  first: Facts,
  during: Port.nullable(),
  /** Status of the answer to a token that asked for a certificate. */
  certificate: z.int().nullable(),
  after: Port.nullable(),
  last: Facts.nullable(),
});

const SAID = {
  overdue: 'entries are open after their end',
  long: 'certificates are good for longer than a quarter of an hour',
  bare: 'certificates were given to accounts without a second factor',
} as const;

export const judge = judging(World, (world) => {
  const { refused, before, first, during, certificate, after, last } = world;
  for (const [key, said] of Object.entries(SAID)) {
    const count = Math.max(first[key as keyof typeof SAID], last?.[key as keyof typeof SAID] ?? 0);
    if (count > 0) return broken(`${count} ${said}`);
  }
  // Other projects' entries keep the port open; what is theirs is not judged by ours.
  if (before === 'open' && first.entries === 0) return broken('the port is open though no entry is');
  if (certificate !== null && certificate < 400) return broken('a token got a certificate');
  if (after === 'open' && last?.entries === 0) return broken('the port is open after the end of the entry');
  if (refused !== null || last === null) return inconclusive(`it could not be opened: ${refused}`);
  if (during !== 'open') return inconclusive(`the port was ${during} while it should be open`);
  if (certificate === null || certificate >= 500)
    return inconclusive('nothing was said about the certificate');
  if (last.entries > 0) return inconclusive('others have an entry open');
  return held('closed before and after, open in between, and no certificate for a token');
});
