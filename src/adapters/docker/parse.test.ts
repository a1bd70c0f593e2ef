import { describe, expect, it } from 'vitest';
import { labelFilter, parseContainer, parseLoaded, parseService, parseTask } from './parse.ts';

const service = parseService({
  ID: 's1',
  Version: { Index: 4 },
  Spec: {
    Name: 'web',
    Labels: null,
    Mode: { Replicated: { Replicas: 2 } },
    TaskTemplate: { ContainerSpec: { Image: 'i@sha256:0' } },
  },
});
const task = (status: object) => ({
  ID: 't1',
  CreatedAt: '2026-11-22T01:00:00Z',
  ServiceID: 's1',
  Slot: 1,
  DesiredState: 'running',
  Status: { State: 'running', Timestamp: '2026-11-22T01:00:01Z', ...status },
});

describe('what the engine says', () => {
  it('a service', () =>
    expect(service).toEqual({ id: 's1', name: 'web', labels: {}, image: 'i@sha256:0', replicas: 2 }));

  it('a running task has a port and no exit code, though the engine says 0', () => {
    const facts = parseTask(
      task({
        ContainerStatus: { ContainerID: 'c', ExitCode: 0 },
        PortStatus: { Ports: [{ PublishedPort: 32768 }] },
      }),
      service,
    );
    expect(facts).toMatchObject({ publishedPort: 32768, exitCode: undefined, containerId: 'c' });
  });

  it('an ended task has its exit code, one that never had a container has none', () => {
    expect(
      parseTask(task({ State: 'complete', ContainerStatus: { ContainerID: 'c' } }), service).exitCode,
    ).toBe(0);
    expect(
      parseTask(task({ State: 'failed', ContainerStatus: { ContainerID: 'c', ExitCode: 3 } }), service)
        .exitCode,
    ).toBe(3);
    expect(parseTask(task({ State: 'rejected', Err: 'no image' }), service)).toMatchObject({
      exitCode: undefined,
      error: 'no image',
    });
  });

  it('a container', () => {
    const raw = {
      Id: 'c',
      Names: ['/edge'],
      Labels: { 'bastide.spec': 'h' },
      Image: 'i',
      State: 'exited',
      Status: 'Exited (137) 2 minutes ago',
    };
    expect(parseContainer(raw)).toMatchObject({ name: 'edge', exitCode: 137, specHash: 'h' });
    expect(parseContainer({ ...raw, Status: 'Up 2 minutes' }).exitCode).toBeUndefined();
  });

  it('loaded images, by name or by id', () => {
    expect(parseLoaded(['Loaded image: a:1\n', 'Loaded image ID: sha256:0\n', 'other'])).toEqual([
      'a:1',
      'sha256:0',
    ]);
  });

  it('is asked for by labels', () => expect(labelFilter({ a: '1', b: '' })).toBe('{"label":["a=1","b"]}'));
});
