import { readFileSync } from 'node:fs';
import { request } from 'node:https';

/** Guesses passwords from the addresses of the machine that it runs on, and says what came of it as JSON. */
export interface GuessPlan {
  readonly host: string;
  /** Where the platform is, whatever a name server says. */
  readonly at: string;
  readonly ca: string;
  readonly email: string;
  readonly tries: number;
  readonly addresses: readonly string[];
}

const AT_ONCE = 16;
const plan = JSON.parse(process.argv[2]!) as GuessPlan;
const ca = readFileSync(plan.ca);

/** The status, or how the connection ended. */
function guess(n: number): Promise<string> {
  const { host, at, email, addresses } = plan;
  return new Promise((resolve) => {
    const asking = request({
      ...{ host: at, servername: host, ca, method: 'POST', path: '/v1/sessions', agent: false },
      localAddress: addresses[n % addresses.length],
      timeout: 60_000,
      headers: { host, 'content-type': 'application/json' },
    });
    asking.once('response', (answer) => {
      answer.resume().once('end', () => resolve(String(answer.statusCode)));
    });
    asking.once('timeout', () => asking.destroy(new Error('timeout')));
    asking.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    asking.end(JSON.stringify({ email, password: `guess number ${n} of many` }));
  });
}

const said: Record<string, number> = {};
let next = 0;
await Promise.all(
  Array.from({ length: AT_ONCE }, async () => {
    while (next < plan.tries) {
      const answer = await guess(next++);
      said[answer] = (said[answer] ?? 0) + 1;
    }
  }),
);
console.log(JSON.stringify(said));
