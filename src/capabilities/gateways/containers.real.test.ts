import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildGateway } from '../../../packaging/lib/build.ts';
import { createLab, type Lab } from '../../../test/lab/lab.ts';
import { makeEngine } from '../../adapters/docker/engine.ts';
import { must } from '../../kernel/refusal.ts';
import { gatewayContainers } from './containers.ts';
import { GATEWAY_PORTS, GATEWAY_UID } from './model.ts';

const FIXTURES = join(import.meta.dirname, '../../../test/fixtures');
const CA = '/run/lab/gateway-ca.pem';
const CONNECT = `const [host, port] = process.argv.slice(1);
const s = require('net').connect({ host, port: Number(port), timeout: 3000 });
s.on('connect', () => { console.log('open'); process.exit(0); });
for (const e of ['timeout', 'error']) s.on(e, () => { console.log('closed'); process.exit(0); });`;

let lab: Lab;
const n1 = () => lab.host('n1');
const run = (fixture: string, ...args: string[]) =>
  n1().must([process.execPath, join(FIXTURES, fixture), ...args]);

const reach = async (from: 'wan' | 'attacker'): Promise<string[]> =>
  Promise.all(
    Object.values(GATEWAY_PORTS).map(async (port) =>
      (await lab[from].must([process.execPath, '-e', CONNECT, n1().address, String(port)])).trim(),
    ),
  );
const listening = async (): Promise<boolean[]> =>
  Promise.all(
    Object.values(GATEWAY_PORTS).map(
      async (port) => (await n1().must(['ss', '-ltnH', `sport = :${port}`])).trim() !== '',
    ),
  );

beforeAll(async () => {
  await buildGateway();
  lab = await createLab({ hosts: ['n1'] });
  await run('node.ts', 'up');
});
afterAll(() => lab?.close());

describe('the gateways in their containers', () => {
  it('are not there before anything is open', async () => {
    expect(await listening()).toEqual([false, false]);
    expect(await reach('wan')).toEqual(['closed', 'closed']);
  });

  it('run as a user of their own without a right, for one address only', async () => {
    const ca = await run('gateways.ts', 'open', lab.wan.address);
    lab.wan.writeFile(CA, ca);
    expect(await listening()).toEqual([true, true]);
    expect(await reach('wan')).toEqual(['open', 'open']);
    expect(await reach('attacker')).toEqual(['closed', 'closed']);
    for (const name of Object.values(gatewayContainers)) {
      const pid = await n1().must([
        ...['docker', '--host', 'unix:///run/bastide/engine.sock', 'inspect'],
        ...['--format', '{{.State.Pid}}', name],
      ]);
      const status = await n1().must(['cat', `/proc/${pid.trim()}/status`]);
      expect(status).toMatch(new RegExp(`^Uid:\\s+${GATEWAY_UID}\\s+${GATEWAY_UID}`, 'm'));
      expect(status).toMatch(/^CapEff:\s+0+$/m);
      expect(status).toMatch(/^NoNewPrivs:\s+1$/m);
      expect(status).toMatch(/^Seccomp:\s+2$/m);
    }
  });

  it('answer over TLS, in words that clients understand', async () => {
    const env = { PGPASSWORD: 'wrong', MYSQL_PWD: 'wrong' };
    const pg = await lab.wan.exec(
      [
        'psql',
        `host=gateway.test hostaddr=${n1().address} user=g_0123456789abcdef dbname=g_0123456789abcdef sslmode=verify-full sslrootcert=${CA}`,
        '-c',
        'select 1',
      ],
      { env },
    );
    expect(pg.stderr).toMatch(/SASL authentication failed/);
    const my = await lab.wan.exec(
      [
        'mariadb',
        '--no-defaults',
        '-h',
        n1().address,
        '-P',
        '6033',
        '-u',
        'nobody',
        `--ssl-ca=${CA}`,
        '-e',
        'select 1',
      ],
      { env },
    );
    expect(my.stderr).toMatch(/ERROR 1045.*Access denied for user 'nobody'/);
  });

  it('stay closed to a stranger with one layer of the firewall gone', async () => {
    for (const loss of [
      ['nft', 'delete', 'table', 'inet', 'bastide'],
      ['iptables', '-F', 'INPUT'],
    ]) {
      await n1().must(loss);
      expect(await reach('attacker')).toEqual(['closed', 'closed']);
      expect(await reach('wan')).toEqual(['open', 'open']);
      lab.wan.writeFile(CA, await run('gateways.ts', 'open', lab.wan.address));
    }
  });

  it('say in their logs who came', async () => {
    const engine = makeEngine(n1().path('/run/bastide/engine.sock'));
    for (const container of Object.values(gatewayContainers)) {
      const lines: string[] = [];
      for await (const { text } of engine.logs({ container }, { follow: false })) lines.push(text);
      expect(lines.join('\n')).toContain(lab.wan.address);
      expect(lines.join('\n')).not.toContain('SCRAM-SHA-256$');
    }
    must(await engine.facts());
  });

  it('are gone with the last grant', async () => {
    await run('gateways.ts', 'close');
    expect(await listening()).toEqual([false, false]);
    expect(await reach('wan')).toEqual(['closed', 'closed']);
  });
});
