import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Canary, Neighbour, Tools } from '../contract/tools.ts';
import { ensureCanary } from './canaries.ts';
import type { Client } from './client.ts';
import { handshake, knock, login, sourceFor } from './net.ts';
import { ask, type Way } from './web.ts';

/** Of each of the two canary organizations: one name for all that is in it, so that it is known at sight. */
export const nameOf = (of: Neighbour): string => `bastide-canary-${of}`;

export function makeTools(parts: {
  readonly client: Client;
  readonly way: Way;
  readonly domain: string;
  readonly address: string;
  readonly position: 'inside' | 'outside';
  readonly say: (line: string) => void;
}): Tools {
  const { client, way, domain, address, position, say } = parts;
  const canary = (of: Neighbour): Canary => {
    const name = nameOf(of);
    const host = `${name}.${domain}`;
    return { organization: name, project: name, app: name, host, database: `canary-${of}`, volume: 'canary' };
  };
  return {
    position,
    address,
    domain,
    now: () => Date.now(),
    sleep: (ms) => sleep(ms).then(() => undefined),
    token: () => randomBytes(16).toString('hex'),
    say,
    canary,
    ensureCanary: (of) => ensureCanary(client, of, canary(of), say),
    api: (as, method, path, body) => client.call(as, method, path, body),
    change: (as, method, path, body, timeoutMs) => client.change(as, method, path, body, timeoutMs),
    web: (url, options = {}) => ask(way, url, options),
    source: () => sourceFor(address),
    port: knock,
    handshake: (options) => handshake(way, options),
    login: (url) => login(way, url),
    inside(of, script, input = null, timeoutMs = 120_000) {
      // The module's own words first: what they are given, and how they answer.
      const whole = `const input = ${JSON.stringify(input)};\n${script}`;
      const command = ['node', '--input-type=module', '--eval', whole];
      return client.run(of, canary(of).app, command, timeoutMs);
    },
    observe: (kind, input, timeoutMs = 1_800_000) =>
      client.observe(kind, input as Record<string, unknown>, timeoutMs),
  };
}
