import { afterAll, beforeAll, expect, it } from 'vitest';
import { must } from '../../kernel/refusal.ts';
import { type App, backend, config, server, startApp, startTestbed, type Testbed, until } from './testbed.ts';

const INSIDE = '127.0.0.9';
const [PLATFORM, APP] = ['app0.localhost', 'app1.localhost'];
let bed: Testbed;
let apps: App[];

beforeAll(async () => {
  bed = await startTestbed({}, INSIDE);
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

it('leads to the socket inside by the address alone, whatever a client says of itself', async () => {
  expect(await who(PLATFORM, { to: INSIDE })).toBe('inside');
  expect(await who(PLATFORM, {})).toBe('outside');
  const forged = Object.fromEntries(
    ['x-forwarded-for', 'x-real-ip', 'x-forwarded-host', 'forwarded', 'x-bastide-inside'].map((name) => [
      name,
      INSIDE,
    ]),
  );
  expect(await who(PLATFORM, { headers: forged })).toBe('outside');
});

it('leads to no app from inside', async () => {
  expect(await who(APP, { to: INSIDE })).toBe(404);
  expect(await who(APP, {})).toBe('one');
});

it('says where a client inside comes from, and checks and tells of nobody there', async () => {
  const { body } = await bed.get(PLATFORM, '/', { to: INSIDE });
  expect(JSON.parse(body).headers['x-forwarded-for']).toMatch(/^127\./);
  expect(
    must(await bed.edge.health())
      .map(({ slot }) => slot)
      .sort(),
  ).toEqual([0, 1]);
});
