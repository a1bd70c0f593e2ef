import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createLab } from './lab.ts';
import { leftovers, trace } from './leftovers.ts';

const UP = [process.execPath, join(import.meta.dirname, 'fixtures', 'engine-up.ts')];

test('two hosts bring up an engine each, a second time changes nothing, and a closed lab leaves nothing', async () => {
  const lab = await createLab({ hosts: ['n1', 'n2'] });
  const hosts = [lab.host('n1'), lab.host('n2')];
  const ours = trace(lab, ['n1', 'n2']);
  try {
    await Promise.all(hosts.map((host) => host.must(UP)));
    const docker = [
      'docker',
      '--host',
      'unix:///run/bastide/engine.sock',
      'info',
      '--format',
      '{{.Name}} {{.Driver}}',
    ];
    expect(await Promise.all(hosts.map((host) => host.must(docker)))).toEqual([
      'n1 overlay2\n',
      'n2 overlay2\n',
    ]);
    expect(await hosts[0]!.must(UP)).toBe('{"steps":0}\n');
  } finally {
    await lab.close();
  }
  expect(leftovers(ours)).toEqual([]);
});
