import { describe, expect, it } from 'vitest';
import { isRefusal, must } from '../../kernel/refusal.ts';
import { Secret } from '../../kernel/secret.ts';
import type { GatewayRoute } from './port.ts';
import { renderFiles } from './render.ts';

const verifier = `SCRAM-SHA-256$4096:${'x'.repeat(22)}==$${'y'.repeat(43)}=:${'z'.repeat(43)}=`;
const route: GatewayRoute = {
  user: 'g_0123456789abcdef',
  verifier,
  source: '203.0.113.7',
  until: '2026-11-22T05:00:00.000Z',
  backend: { host: '10.200.0.1', port: 32771, database: 'app' },
};
const settings = { directory: '/etc/g', listen: '*', port: 5432, socketDir: '/run/g' };
const render = (...routes: GatewayRoute[]) =>
  renderFiles(settings, { routes, certificate: { chain: 'CHAIN', key: new Secret('KEY') }, ca: 'CA' });

describe("PgBouncer's files", () => {
  it('lead one name from one address to one database', () => {
    const files = must(render(route, { ...route, user: 'g_b', source: '2001:db8::7' }));
    expect(files['pgbouncer.ini']).toContain('g_0123456789abcdef = host=10.200.0.1 port=32771 dbname=app\n');
    expect(files['users.txt']).toContain(`"g_0123456789abcdef" "${verifier}"\n`);
    expect(files['hba.conf']!.split('\n')).toEqual([
      'local pgbouncer root peer',
      'hostssl g_0123456789abcdef g_0123456789abcdef 203.0.113.7/32 scram-sha-256',
      'hostssl g_b g_b 2001:db8::7/128 scram-sha-256',
      'host all root 0.0.0.0/0 reject',
      'host all root ::/0 reject',
      'host all g_0123456789abcdef 0.0.0.0/0 reject',
      'host all g_0123456789abcdef ::/0 reject',
      'host all g_b 0.0.0.0/0 reject',
      'host all g_b ::/0 reject',
      'hostssl all all 0.0.0.0/0 scram-sha-256',
      'hostssl all all ::/0 scram-sha-256',
      '',
    ]);
  });

  it('ask for TLS 1.3 on both sides and for the right name of the database', () => {
    const { 'pgbouncer.ini': ini } = must(render(route));
    for (const line of [
      'client_tls_sslmode = require',
      'client_tls_protocols = tlsv1.3',
      'server_tls_sslmode = verify-full',
      'server_tls_protocols = tlsv1.3',
      'auth_type = hba',
      'server_lifetime = 0',
      'unix_socket_dir = /run/g',
    ])
      expect(ini).toContain(`\n${line}\n`);
  });

  it('are the same whatever the order of the routes', () => {
    const other = { ...route, user: 'g_b' };
    expect(must(render(route, other))).toEqual(must(render(other, route)));
  });

  it.each([
    { user: 'a b' },
    { user: 'root' },
    { user: 'g_"x' },
    { verifier: 'plain' },
    { verifier: `${verifier}"\n"root" "` },
    { source: '203.0.113.0/24' },
    { source: 'all' },
    { backend: { host: 'db.example.org', port: 1, database: 'app' } },
    { backend: { host: '10.200.0.1', port: 0, database: 'app' } },
    { backend: { host: '10.200.0.1', port: 5432, database: "app user='postgres'" } },
  ])('are not written with %o in them', (bad) => {
    const refused = render({ ...route, ...bad });
    expect(isRefusal(refused) && refused.code).toBe('gateway_route_invalid');
  });
});
