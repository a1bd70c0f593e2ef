import { describe, expect, it } from 'vitest';
import { renderFiles, storePlace } from './render.ts';

describe("the jail's own files", () => {
  it('name the stacks as read-only stores, and no registry', () => {
    const files = renderFiles(['node', 'node-build']);
    expect(files['/etc/containers/storage.conf']).toBe(
      [
        '[storage]',
        'driver = "overlay"',
        'graphroot = "/storage/root"',
        'runroot = "/run/c"',
        '[storage.options]',
        'additionalimagestores = ["/stores/node/root", "/stores/node-build/root"]',
        '',
      ].join('\n'),
    );
    expect(files['/etc/containers/registries.conf']).toContain('unqualified-search-registries = []');
    expect(storePlace('node')).toBe('/stores/node');
  });

  it('hold a Dockerfile only where one is made for the source', () => {
    expect(renderFiles([])['/jail/Dockerfile']).toBeUndefined();
    expect(renderFiles([], 'FROM bastide/node\n')['/jail/Dockerfile']).toBe('FROM bastide/node\n');
  });

  it('refuse every system call that the list does not name', () => {
    const seccomp = JSON.parse(renderFiles([])['/jail/seccomp.json'] ?? '{}');
    const named: string[] = seccomp.syscalls.flatMap((rule: { names: string[] }) => rule.names);
    expect(seccomp.defaultAction).toBe('SCMP_ACT_ERRNO');
    expect(named).toContain('openat');
    for (const call of ['bpf', 'kexec_load', 'init_module', 'add_key', 'keyctl', 'perf_event_open'])
      expect(named).not.toContain(call);
  });
});
