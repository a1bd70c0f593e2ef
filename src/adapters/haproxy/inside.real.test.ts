import { afterAll, beforeAll, expect, it } from 'vitest';
import { must } from '../../kernel/refusal.ts';
import { type App, backend, config, server, startApp, startTestbed, type Testbed, until } from './testbed.ts';

const INSIDE = '127.0.9.1';
const member = { to: INSIDE, from: '127.0.9.2' };
const [PLATFORM, APP] = ['app0.localhost', 'app1.localhost'];
let bed: Testbed;
let apps: App[];

beforeAll(async () => {
  bed = await startTestbed({}, { address: INSIDE, subnet: '127.0.9.0/24' });
  const { socket } = bed.settings.inside!;
  const outside = socket.replace('inside', 'outside');
  apps = [await startApp('inside', socket), await startApp('outside', outside), await startApp('one')];
  const platform = { name: 'api', target: { socket: outside }, state: 'ready', healthPath: '/up' } as const;
  const wanted = config([backend(0, [platform]), backend(1, [server('a', apps[2]!.port)])], {
    certificates: [await bed.certificate(PLATFORM), await bed.certificate(APP)],
  });
  must(await bed.edge.apply(wanted));
  const up = async () => must(await bed.edge.health()).filter((one) => one.up).length;
  await until(up, (count) => count === 2);
});
afterAll(async () => {
  await bed[Symbol.asyncDispose]();
  for (const { server: app } of apps) app.close().closeAllConnections();
});

const who = async (host: string, options: Parameters<Testbed['get']>[2]) => {
  const { status, body } = await bed.get(host, '/', options);
  return status === 200 ? JSON.parse(body).name : status;
};

it('leads to the socket inside by the addresses alone, whatever a client says of itself', async () => {
  expect(await who(PLATFORM, member)).toBe('inside');
  expect(await who(PLATFORM, {})).toBe('outside');
  // The machine itself, and somebody who is no member.
  expect(await who(PLATFORM, { to: INSIDE, from: INSIDE })).toBe('outside');
  expect(await who(PLATFORM, { to: INSIDE, from: '127.0.8.2' })).toBe('outside');
  const forged = Object.fromEntries(
    ['x-forwarded-for', 'x-real-ip', 'x-forwarded-host', 'forwarded', 'x-bastide-inside'].map((name) => [
      name,
      INSIDE,
    ]),
  );
  expect(await who(PLATFORM, { headers: forged })).toBe('outside');
});

it('leads to no app from inside', async () => {
  expect(await who(APP, member)).toBe(404);
  expect(await who(APP, {})).toBe('one');
});

it('says where a client inside comes from, and checks and tells of nobody there', async () => {
  const { body } = await bed.get(PLATFORM, '/', member);
  expect(JSON.parse(body).headers['x-forwarded-for']).toBe(member.from);
  expect(
    must(await bed.edge.health())
      .map(({ slot }) => slot)
      .sort(),
  ).toEqual([0, 1]);
});
