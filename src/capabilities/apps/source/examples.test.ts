import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { must } from '../../../kernel/refusal.ts';
import { readSource } from './read.ts';

const example = async (name: string) =>
  must(await readSource(fileURLToPath(new URL(`../../../../examples/${name}`, import.meta.url))));

test('every example is understood, without a warning', async () => {
  expect(await example('node')).toMatchObject({
    stack: 'node',
    stacks: ['node'],
    processes: { web: { command: 'node server.js' }, worker: { command: 'node worker.js' } },
    cron: [{ name: 'tick' }],
    formation: { web: 1, worker: 0 },
    healthPath: '/up',
    warnings: [],
  });
  expect(await example('django')).toMatchObject({
    stack: 'python',
    stacks: ['django'],
    release: 'python3 manage.py migrate --noinput',
    warnings: [],
  });
  expect(await example('php')).toMatchObject({ stack: 'php', stacks: ['php'], warnings: [] });
  expect(await example('static')).toMatchObject({ stack: 'static', healthPath: '/index.html', warnings: [] });
});
