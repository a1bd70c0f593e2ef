import { describe, expect, it } from 'vitest';
import { Secret } from '../../kernel/secret.ts';
import type { ContainerSpec, ServiceSpec } from './port.ts';
import { fileName, hashSpec, renderContainer, renderNetwork, renderService } from './render.ts';

const limits = { memoryBytes: 1024, cpus: 0.5, pids: 10 };
const service: ServiceSpec = {
  name: 'b-shop-web-v1',
  labels: { 'bastide.app': 'a' },
  image: '10.200.0.1:5443/apps/a@sha256:0',
  command: ['node', 'server.js'],
  env: { B: new Secret('two'), A: 'one' },
  user: '1000:1000',
  replicas: 2,
  network: 'bastide-p-1',
  port: 8080,
  limits,
  tmpfs: [{ path: '/tmp', sizeBytes: 4096 }],
  stopGraceSeconds: 30,
  restart: 'any',
};
const container: ContainerSpec = {
  name: 'bastide-edge',
  labels: {},
  image: 'edge:1',
  env: {},
  user: '65000:65000',
  network: 'host',
  mounts: [{ source: '/a', target: '/b', readOnly: true }],
  tmpfs: [{ path: '/tmp', sizeBytes: 4096 }],
  ports: [],
  limits,
  stopGraceSeconds: 5,
};

describe('a service', () => {
  it('is hardened', () => {
    expect(renderService(service).TaskTemplate).toMatchObject({
      ContainerSpec: {
        ReadOnly: true,
        Init: true,
        CapabilityDrop: ['ALL'],
        User: '1000:1000',
        Env: ['A=one', 'B=two'],
        Mounts: [{ Type: 'tmpfs', Target: '/tmp', TmpfsOptions: { SizeBytes: 4096, Mode: 0o1777 } }],
        StopGracePeriod: 30_000_000_000,
      },
      Resources: { Limits: { NanoCPUs: 500_000_000, MemoryBytes: 1024, Pids: 10 } },
    });
  });

  it('publishes its port host-mode without a fixed number, and has no virtual address', () => {
    expect(renderService(service).EndpointSpec).toEqual({
      Mode: 'dnsrr',
      Ports: [{ Protocol: 'tcp', TargetPort: 8080, PublishMode: 'host' }],
    });
    const { port: _, ...portless } = service;
    expect(renderService(portless).EndpointSpec).toEqual({ Mode: 'dnsrr' });
  });

  it('keeps its directories on one node, and never has two tasks on them', () => {
    const source = '/var/lib/bastide/projects/p/data/x';
    const made = renderService({
      ...service,
      labels: { 'bastide.project': 'p' },
      mounts: [{ source, target: '/data', readOnly: true }],
      node: 'n1',
      stopSignal: 'SIGINT',
    });
    expect(made.TaskTemplate.ContainerSpec.Mounts.at(-1)).toEqual({
      Type: 'bind',
      Source: source,
      Target: '/data',
      ReadOnly: true,
    });
    expect(made.TaskTemplate).toMatchObject({
      ContainerSpec: { StopSignal: 'SIGINT' },
      Placement: { Constraints: ['node.id==n1'] },
    });
    expect(made.UpdateConfig.Order).toBe('stop-first');
    expect(renderService(service).UpdateConfig.Order).toBe('start-first');
  });

  it('gets its files by name and content', () => {
    const file = { path: '/etc/bastide/ca.pem', content: 'a' };
    const name = fileName(file);
    expect(name).toMatch(/^b-file-[0-9a-f]{24}$/);
    expect(fileName({ ...file, content: 'b' })).not.toBe(name);
    const made = renderService({ ...service, files: [file] }, { [name]: 'id1' });
    expect(made.TaskTemplate.ContainerSpec.Configs).toEqual([
      {
        ConfigID: 'id1',
        ConfigName: name,
        File: { Name: '/etc/bastide/ca.pem', UID: '0', GID: '0', Mode: 0o444 },
      },
    ]);
  });

  it('runs once when it is told to', () => {
    expect(renderService({ ...service, restart: 'none' }).TaskTemplate.RestartPolicy.Condition).toBe('none');
  });
});

describe('a container', () => {
  it('is hardened, also on the network of the host', () => {
    expect(renderContainer(container, 'h').HostConfig).toMatchObject({
      ReadonlyRootfs: true,
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges'],
      UsernsMode: 'host',
      MemorySwap: 1024,
      PidsLimit: 10,
      Tmpfs: { '/tmp': 'rw,noexec,nosuid,nodev,size=4096,mode=1777' },
    });
  });

  it('has its own users everywhere else', () => {
    expect(renderContainer({ ...container, network: 'none' }, 'h').HostConfig).not.toHaveProperty(
      'UsernsMode',
    );
  });

  it('has a hash that follows its content and not the order of its words', () => {
    const turned = Object.fromEntries(Object.entries(container).reverse()) as unknown as ContainerSpec;
    expect(hashSpec(turned, 'i')).toBe(hashSpec(container, 'i'));
    expect(hashSpec(container, 'j')).not.toBe(hashSpec(container, 'i'));
    const secret = (value: string) => hashSpec({ ...container, env: { A: new Secret(value) } }, 'i');
    expect(secret('x')).not.toBe(secret('y'));
  });
});

it('a bridge has a name that the packet filter knows', () => {
  const made = renderNetwork({ name: 'bastide-registry', labels: {}, driver: 'bridge', internal: false });
  expect(made.Options['com.docker.network.bridge.name' as never]).toMatch(/^bst-[0-9a-f]{10}$/);
  expect(made.Attachable).toBe(false);
});
