import type { Refusal } from '../../kernel/refusal.ts';
import { acmeChallengeFailed, acmeRateLimited, acmeRefused, acmeUnreachable } from './errors.ts';

/** What went wrong, as far as it is known. */
export interface Trouble {
  readonly directory: string;
  readonly hosts: readonly string[];
  readonly message: string;
  /** Set where the connection itself failed: ECONNREFUSED, ENOTFOUND … */
  readonly network: string | undefined;
  /** Type of the last problem document (RFC 8555 section 6.7), or of the challenge's error. */
  readonly problem: string | undefined;
}

const CHALLENGE = ['connection', 'unauthorized', 'dns', 'incorrectResponse', 'tls', 'caa'];

/** Which refusal it is. */
export function refusalOf({ directory, hosts, message, network, problem }: Trouble): Refusal {
  if (network !== undefined) return acmeUnreachable(directory, network);
  const type = problem?.split(':').at(-1) ?? '';
  if (type === 'rateLimited') return acmeRateLimited(message);
  if (CHALLENGE.includes(type)) return acmeChallengeFailed(hosts.join(', '), message);
  return acmeRefused(message);
}

/** The problem type that an answer of the authority carries: its own, or that of a challenge in it. */
export function problemOf(data: unknown): string | undefined {
  if (typeof data !== 'object' || data === null) return undefined;
  const { type, error, challenges } = data as {
    type?: unknown;
    error?: { type?: unknown };
    challenges?: unknown;
  };
  if (typeof type === 'string' && type.includes(':acme:error:')) return type;
  if (typeof error?.type === 'string') return error.type;
  return Array.isArray(challenges)
    ? challenges.map(problemOf).find((found) => found !== undefined)
    : undefined;
}
