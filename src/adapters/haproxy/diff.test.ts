import { describe, expect, it } from 'vitest';
import { diff, diffCertificates, diffMap, diffServers, type Running } from './diff.ts';
import type { RunningServer } from './parse.ts';
import { maps } from './render/maps.ts';
import { backend, config, server } from './testbed.ts';

const is = (name: string, more: Partial<RunningServer> = {}): RunningServer => ({
  slot: 1,
  name,
  target: '127.0.0.1:32768',
  weight: 1,
  draining: false,
  maintenance: false,
  sessions: 0,
  up: true,
  check: 'HTTP 200',
  ...more,
});
const lines = (commands: readonly { readonly line: string }[]): string[] => commands.map(({ line }) => line);
const servers = (wanted: ReturnType<typeof server>[], running: RunningServer[]) => {
  const { before, after } = diffServers(config([backend(1, wanted)]), running);
  return [lines(before), lines(after)];
};

describe('servers', () => {
  it.each([
    ['as wanted', [server('a', 32768)], [is('a')], [], []],
    [
      'a candidate takes over',
      [server('a', 32768)],
      [is('a', { weight: 0 })],
      ['set server s1/a weight 1'],
      [],
    ],
    ['a candidate waits', [server('a', 32768, 'candidate')], [is('a')], ['set server s1/a weight 0'], []],
    [
      'one leaves, after the others came',
      [server('a', 32768, 'draining')],
      [is('a')],
      [],
      ['set server s1/a state drain'],
    ],
    ['one that leaves already', [server('a', 32768, 'draining')], [is('a', { draining: true })], [], []],
    ['one that leaves and was never here', [server('a', 32768, 'draining')], [], [], []],
    [
      'one comes back',
      [server('a', 32768)],
      [is('a', { draining: true })],
      ['set server s1/a state ready'],
      [],
    ],
    ['one moved', [server('a', 1)], [is('a')], ['set server s1/a addr 127.0.0.1 port 1'], []],
    [
      'one is gone',
      [],
      [is('a')],
      [],
      ['set server s1/a state maint;shutdown sessions server s1/a', 'del server s1/a'],
    ],
    ['one is gone but for its name', [], [is('a', { maintenance: true })], [], ['del server s1/a']],
  ])('%s', (_, wanted, running, before, after) => {
    expect(servers(wanted, running)).toEqual([before, after]);
  });

  it('one that is about to end finishes what it has, and one that is not here does not come', () => {
    const wanted = config([{ ...backend(1, []), leaving: ['a', 'b', 'c'] }]);
    const { before, after } = diffServers(wanted, [is('a'), is('b', { draining: true })]);
    expect([lines(before), lines(after)]).toEqual([[], ['set server s1/a state drain']]);
  });

  it('a new one is added, held down and checked in one command', () => {
    const [before] = servers([server('a', 32768)], []);
    expect(before).toEqual([
      expect.stringMatching(
        /^add server s1\/a 127\.0\.0\.1:32768 weight 1 check .*;set server s1\/a state ready;set server s1\/a health down;enable health s1\/a$/,
      ),
    ]);
  });
});

describe('maps', () => {
  it('adds before it changes, and removes last', () => {
    const wanted = new Map([
      ['a', '1'],
      ['b', '2'],
      ['c', '3'],
    ]);
    const running = new Map([
      ['b', '2'],
      ['c', '9'],
      ['d', '4'],
    ]);
    expect(lines(diffMap('/m', wanted, running))).toEqual([
      'add map /m a 1',
      'set map /m c 3',
      'del map /m d',
    ]);
  });
  it('says nothing where nothing differs', () => {
    expect(diffMap('/m', new Map([['a', '1']]), new Map([['a', '1']]))).toEqual([]);
  });
  it('sends many in portions that fit the buffer, none twice and none left out', () => {
    const wanted = new Map(Array.from({ length: 2000 }, (_, i) => [`shop${i}.example`, 's1']));
    const sent = lines(diffMap('/m', wanted, new Map()));
    expect(sent.length).toBeLessThan(20);
    for (const line of sent) expect(line.length).toBeLessThan(16_384);
    expect(sent.flatMap((line) => line.trim().split('\n').slice(1))).toEqual(
      [...wanted].map((entry) => entry.join(' ')),
    );
  });
});

describe('certificates', () => {
  const wanted = config([], { certificates: [{ name: 'a.example', hosts: ['a.example'], pem: 'PEM\n' }] });
  const file = '/e/certs/a.example.pem';
  const load = [`set ssl cert ${file} <<\nPEM\n`, `commit ssl cert ${file}`];
  const list = `add ssl crt-list /e/crt-list.txt <<\n${file} a.example\n`;
  it.each([
    ['new', [], [], [`new ssl cert ${file}`, ...load, list], []],
    ['there', [`${file} a.example`], [], [], []],
    ['renewed', [`${file} a.example`], [file], load, []],
    ['with another name', [`${file} b.example`], [], [`del ssl crt-list /e/crt-list.txt ${file}`, list], []],
    [
      'gone',
      [`${file} a.example`, '/e/certs/x.pem x.example'],
      [],
      [],
      ['del ssl crt-list /e/crt-list.txt /e/certs/x.pem', 'del ssl cert /e/certs/x.pem'],
    ],
  ])('%s', (_, certificates, stale, before, after) => {
    const commands = diffCertificates('/e', wanted, { certificates, stale: new Set(stale) });
    expect([lines(commands.before), lines(commands.after)]).toEqual([before, after]);
  });
});

it('prepares what a route leads to, then the route, then takes away what nobody is sent to', () => {
  const wanted = config([backend(1, [server('new', 1)])], {
    certificates: [{ name: 'a.example', hosts: ['a.example'], pem: 'PEM\n' }],
  });
  const running: Running = {
    servers: [is('old')],
    maps: maps(config([])),
    certificates: ['/e/certs/x.pem x.example'],
    stale: new Set(),
  };
  const order = lines(diff('/e', wanted, running));
  const at = (start: string) => order.findIndex((line) => line.startsWith(start));
  const steps = [
    'add ssl crt-list',
    'add map /e/health.map',
    'add server s1/new',
    'add map /e/hosts.map',
    'del server s1/old',
    'del ssl cert',
  ].map(at);
  expect(steps).not.toContain(-1);
  expect(steps).toEqual([...steps].sort((a, b) => a - b));
});
