import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { sleep } from '../../kernel/time.ts';
import type { Started } from '../exec/port.ts';
import { runner } from '../exec/run.ts';
import { txtLookup } from './txt.ts';

const NAME = '_bastide-challenge.shop.example.org';
let server: Started;
let port = 0;

beforeAll(async () => {
  const probe = createSocket('udp4').bind(0, '127.0.0.1');
  await once(probe, 'listening');
  port = probe.address().port;
  probe.close();
  await once(probe, 'close');
  const options = [
    'keep-in-foreground',
    'conf-file=/dev/null',
    'no-resolv',
    'no-hosts',
    'bind-interfaces',
    'pid-file',
  ];
  const zone = [
    `txt-record=${NAME},bastide-,organization=0f`,
    `txt-record=${NAME},another`,
    'local=/example.org/',
  ];
  const place = ['listen-address=127.0.0.1', `port=${port}`, 'user=root'];
  server = runner.start({ argv: ['dnsmasq', ...[...options, ...zone, ...place].map((one) => `--${one}`)] });
  while ((await txtLookup([`127.0.0.1:${port}`])(NAME)) === undefined) await sleep(50);
});
afterAll(async () => {
  server.kill('SIGKILL');
  await server.done;
});

it('gives each record in one piece, nothing where there is none, and says where nobody answers', async () => {
  const ask = txtLookup([`127.0.0.1:${port}`]);
  expect([...((await ask(NAME)) ?? [])].sort()).toEqual(['another', 'bastide-organization=0f']);
  expect(await ask('_bastide-challenge.example.org')).toEqual([]);
  expect(await txtLookup(['127.0.0.1:1'])(NAME)).toBeUndefined();
});
