import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { statusSchema } from './status.ts';
import { makeStatusFile } from './status-file.ts';

it('holds what was reported, whole, and names its writer', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'bastide-status-'));
  try {
    const file = makeStatusFile(join(dir, 'status.json'), () => 0);
    file.report({ kind: 'started', name: 'database' });
    file.report({ kind: 'finished', name: 'database' });
    file.report({ kind: 'ready' });
    await file.flushed();
    const status = statusSchema.parse(JSON.parse(await readFile(join(dir, 'status.json'), 'utf8')));
    expect(status).toMatchObject({ pid: process.pid, ready: true, stages: [{ name: 'database' }] });
    expect(await readdir(dir)).toEqual(['status.json']);
  } finally {
    await rm(dir, { recursive: true });
  }
});
