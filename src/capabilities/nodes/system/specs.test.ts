import { describe, expect, it } from 'vitest';
import { apiSpec, edgeSpec, initdbSpec, postgresSpec, registrySpec } from './specs.ts';
import { hostUid, userOf } from './users.ts';

const input = { image: 'bastide/x:1', config: 'c0ffee' };
const haproxy = { entrypoint: ['/usr/sbin/haproxy'], command: ['-W'], mounts: [] };
const all = [
  postgresSpec(input),
  initdbSpec(input),
  registrySpec(input),
  apiSpec(input, {}),
  edgeSpec(input, haproxy),
];

describe('the parts of the platform', () => {
  it('run as numeric users that are not root, with limits', () => {
    for (const { user, limits } of all) {
      expect(user).toMatch(/^[1-9]\d*:[1-9]\d*$/);
      expect(limits.memoryBytes).toBeGreaterThan(0);
      expect(limits.pids).toBeLessThanOrEqual(200);
      expect(limits.cpus).toBeGreaterThan(0);
    }
  });

  it('publish one port in all: the registry, on the internal address', () => {
    expect(all.flatMap(({ ports }) => ports)).toEqual([
      { address: '10.200.0.1', host: 5443, container: 5443 },
    ]);
  });

  it('have no network but for the registry, which has its own, and the edge, which has the host’s', () => {
    expect(all.map(({ name, network }) => [name, network])).toEqual([
      ['bastide-postgres', 'none'],
      ['bastide-postgres-init', 'none'],
      ['bastide-registry', 'bastide-registry'],
      ['bastide-api', 'none'],
      ['bastide-edge', 'host'],
    ]);
  });

  it('mount nothing but their own directories, never an engine socket or the secrets', () => {
    for (const { source } of all.flatMap(({ mounts }) => mounts)) {
      expect(source).toMatch(/^\/(var\/lib\/bastide\/projects\/system\/data|run\/bastide)\/[a-z-]+$/);
      expect(source).not.toContain('engine');
    }
  });

  it('are replaced when their configuration changes', () => {
    expect(postgresSpec(input).labels['bastide.config']).toBe('c0ffee');
  });

  it('start PostgreSQL so', () => {
    expect(postgresSpec(input)).toEqual({
      name: 'bastide-postgres',
      labels: { 'bastide.project': 'system', 'bastide.part': 'postgres', 'bastide.config': 'c0ffee' },
      image: 'bastide/x:1',
      entrypoint: ['/usr/lib/postgresql/15/bin/postgres'],
      command: ['-D', '/data/main', '-c', 'config_file=/etc/bastide/postgresql.conf'],
      env: {},
      user: '70:70',
      network: 'none',
      mounts: [
        { source: '/var/lib/bastide/projects/system/data/postgres', target: '/data', readOnly: false },
        { source: '/run/bastide/postgres', target: '/run/postgresql', readOnly: false },
        {
          source: '/var/lib/bastide/projects/system/data/postgres-config',
          target: '/etc/bastide',
          readOnly: true,
        },
      ],
      ports: [],
      tmpfs: [{ path: '/tmp', sizeBytes: 67_108_864 }],
      limits: { memoryBytes: 536_870_912, cpus: 2, pids: 200 },
      stopGraceSeconds: 60,
      stopSignal: 'SIGINT',
    });
  });

  it('make the database once, with checksums and no way in but the socket', () => {
    const { command, restart } = initdbSpec(input);
    expect(restart).toBe('none');
    expect(command?.join(' ')).toBe(
      '-D /data/new --username=postgres --auth-local=peer --auth-host=reject --data-checksums --encoding=UTF8 --locale=C.UTF-8',
    );
  });

  it('start the registry so', () => {
    expect(registrySpec(input)).toMatchObject({
      entrypoint: ['/usr/bin/docker-registry'],
      command: ['serve', '/etc/bastide/registry.yml'],
      user: '65001:65001',
      mounts: [
        {
          source: '/var/lib/bastide/projects/system/data/registry',
          target: '/var/lib/registry',
          readOnly: false,
        },
        {
          source: '/var/lib/bastide/projects/system/data/registry-config',
          target: '/etc/bastide',
          readOnly: true,
        },
      ],
    });
  });

  it('give the API its three sockets, the uploads, and the exports to read', () => {
    expect(apiSpec(input, { A: 'b' })).toMatchObject({
      entrypoint: ['node'],
      command: ['/app/dist/api.js'],
      env: { NODE_ENV: 'production', A: 'b' },
      user: '10001:10001',
      mounts: [
        { source: '/run/bastide/api', target: '/run/bastide/api', readOnly: false },
        { source: '/run/bastide/operators', target: '/run/bastide/operators', readOnly: false },
        { source: '/run/bastide/postgres', target: '/run/bastide/postgres', readOnly: true },
        {
          source: '/var/lib/bastide/projects/system/data/uploads',
          target: '/var/lib/bastide/projects/system/data/uploads',
          readOnly: false,
        },
        {
          source: '/var/lib/bastide/projects/system/data/exports',
          target: '/var/lib/bastide/projects/system/data/exports',
          readOnly: true,
        },
      ],
    });
  });

  it('give the edge what its adapter says', () => {
    expect(edgeSpec(input, haproxy)).toMatchObject({ ...haproxy, user: '65000:65000' });
  });
});

it('maps users to the host, the edge excepted', () => {
  expect(hostUid('postgres')).toBe(100_070);
  expect(hostUid('edge')).toBe(65_000);
  expect(userOf('api')).toBe('10001:10001');
});
