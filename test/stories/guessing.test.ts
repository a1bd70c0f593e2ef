import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ATTACKER_ADDRESS } from '../lab/topology.ts';
import type { GuessPlan } from './lib/guess.ts';
import { invited, type Person, signIn } from './lib/people.ts';
import { DOMAIN, openPlatform, type Platform } from './lib/platform.ts';

const TRIES = 10_000;
const CA = '/run/lab/platform-ca.pem';
/** Addresses for measurements (RFC 2544), two in each of 500 networks: the attacker's, by the internet's routes. */
const ADDRESSES = Array.from(
  { length: 1000 },
  (_, n) => `198.${18 + ((n >> 8) & 1)}.${n & 255}.${10 + (n >> 9)}`,
);

let platform: Platform;
let cleo: Person;

beforeAll(async () => {
  platform = await openPlatform();
  const { attacker } = platform.lab;
  const lines = ADDRESSES.map((address) => `addr add ${address}/32 dev lo`).join('\n');
  await attacker.must(['ip', '-batch', '-'], { stdin: `${lines}\n` });
  await platform.node.host.must(['ip', 'route', 'add', '198.18.0.0/15', 'via', ATTACKER_ADDRESS]);
  attacker.writeFile(CA, platform.node.certificateAuthority());
  cleo = await invited(platform, platform, 'cleo', 'owner', 'tellers');
});
afterAll(async () => platform?.[Symbol.asyncDispose]());

test.each([1, 1000])(
  '10,000 passwords from %i addresses are stopped, and the owner signs in meanwhile',
  async (count) => {
    const plan: GuessPlan = {
      ...{ host: `bastide.${DOMAIN}`, at: platform.node.host.address, ca: CA, tries: TRIES },
      email: `${cleo.name}@example.org`,
      addresses: ADDRESSES.slice(0, count),
    };
    const script = join(import.meta.dirname, 'lib/guess.ts');
    const campaign = platform.lab.attacker.spawn([process.execPath, script, JSON.stringify(plan)]);
    let owner = 0;
    while (campaign.child.exitCode === null) {
      await signIn(platform, cleo.name);
      owner += 1;
      await sleep(2000);
    }
    expect(await campaign.exited, campaign.stderr).toBe(0);
    const said = JSON.parse(campaign.stdout) as Record<string, number>;
    console.log(JSON.stringify({ addresses: count, owner, said }));
    expect(owner).toBeGreaterThan(3);
    expect(Object.keys(said).filter((answer) => answer.startsWith('2'))).toEqual([]);
    // Of all tries only these were judged at all; the rest were told to wait, or not even listened to.
    expect(said['401'] ?? 0).toBeGreaterThan(0);
    expect(said['401']).toBeLessThan(120);
    await signIn(platform, cleo.name);
  },
);

test('operators see it, and take it back', async () => {
  expect(await platform.ok('access:throttles')).toContain(`${cleo.name}`);
  expect(await platform.ok('alerts', '--json')).toContain('guessing');
  await platform.ok('access:throttle:reset', '--account', cleo.name);
});
