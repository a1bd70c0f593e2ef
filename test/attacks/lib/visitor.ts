/**
 * A visitor who comes at a steady pace, whatever the site does: open loop, so that waiting counts. Runs inside a host of
 * the lab until its standard input ends; a line on standard input names what happens from now on. Prints latencies by name.
 *
 *   node visitor.ts '{"host":"shop.apps.test","ca":"/run/lab/platform-ca.pem","perSecond":20}'
 */
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { VisitorPlan, VisitorResult } from './visitor-model.ts';

const plan = JSON.parse(process.argv[2]!) as VisitorPlan;
const agent = new Agent({ keepAlive: true, maxSockets: 64, ca: readFileSync(plan.ca, 'utf8') });
const result: VisitorResult = {};
let phase = 'before';
let ended = false;
createInterface({ input: process.stdin })
  .on('line', (line) => {
    phase = line;
  })
  .once('close', () => {
    ended = true;
  });

const ask = (): Promise<string | undefined> =>
  new Promise((resolve) => {
    const asking = request({ host: plan.host, path: '/', agent, timeout: 30_000 }, (answer) => {
      answer.resume().once('error', (error) => resolve(error.message));
      answer.once('end', () =>
        resolve(answer.statusCode === 200 ? undefined : `status ${answer.statusCode}`),
      );
    });
    asking.once('timeout', () => asking.destroy(new Error('no answer in 30 s')));
    asking.once('error', (error) => resolve(error.message));
    asking.end();
  });

async function one(due: number): Promise<void> {
  result[phase] ??= { ms: [], failures: [] };
  const seen = result[phase]!;
  const why = await ask();
  // From when it was due, not from when it was sent.
  if (why === undefined) seen.ms.push(Math.round((performance.now() - due) * 100) / 100);
  else seen.failures.push(why);
}

const underWay: Promise<void>[] = [];
const started = performance.now();
for (let n = 0; !ended; n += 1) {
  const due = started + (n * 1000) / plan.perSecond;
  await sleep(Math.max(0, due - performance.now()));
  underWay.push(one(due));
}
await Promise.all(underWay);
console.log(JSON.stringify(result));
process.exit(0);
