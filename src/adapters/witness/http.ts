import { text } from 'node:stream/consumers';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import { askOutside, named } from '../outbound/outbound.ts';
import { witnessConflict, witnessRefused, witnessUnreachable } from './errors.ts';
import { parseCosignatures, parseSize } from './parse.ts';
import type { Witness } from './port.ts';
import { renderAdd } from './render.ts';

const TIMEOUT = 15_000;

interface Answer {
  readonly status: number;
  readonly body: string;
}

function post(name: string, url: URL, body: string, ca: string | undefined): Promise<Outcome<Answer>> {
  const options = {
    method: 'POST',
    headers: { 'content-type': 'text/plain; charset=utf-8', 'content-length': Buffer.byteLength(body) },
    signal: AbortSignal.timeout(TIMEOUT),
  };
  return new Promise((resolve) => {
    const failed = (error: Error): void => resolve(witnessUnreachable(name, error.message));
    const asked = askOutside({ ...named, ...(ca ? { ca } : {}) }, url, options);
    asked.on('error', failed);
    asked.on('response', (answer) => {
      text(answer).then(
        (said) => resolve({ status: answer.statusCode ?? 0, body: said.slice(0, 10_000) }),
        failed,
      );
    });
    asked.end(body);
  });
}

/**
 * A witness that speaks C2SP tlog-witness (`<url>/add-checkpoint`): it checks our signature and that the new tree goes
 * on from the one it has, and signs it too. `ca`: PEM of its authority where it is none of the public ones.
 */
export function httpWitness(name: string, url: string, ca?: string): Witness {
  const target = new URL(`${url.replace(/\/$/, '')}/add-checkpoint`);
  // What it has, as far as we know; asked for where it says otherwise.
  let older = 0;
  return {
    name,
    held: async () => undefined,
    async publish({ size, note, proof }) {
      if (older > size) return witnessConflict(name, size, older);
      for (let tries = 0; tries < 3; tries += 1) {
        const answer = await post(name, target, renderAdd(older, await proof(older), note), ca);
        if (isRefusal(answer)) return answer;
        if (answer.status === 200) {
          older = size;
          return parseCosignatures(answer.body);
        }
        const has = answer.status === 409 ? parseSize(answer.body) : undefined;
        if (has === undefined) {
          // 422: our proof does not lead from its tree to ours.
          if (answer.status === 409 || answer.status === 422) return witnessConflict(name, size, older);
          return witnessRefused(name, answer.status, answer.body);
        }
        if (has > size || has === older) return witnessConflict(name, size, has);
        older = has;
      }
      return witnessUnreachable(name, 'it changes its mind about what it has');
    },
  };
}
