import { expect, it } from 'vitest';
import { makeProgress, stageLine } from './progress.ts';

function recorder() {
  const written: string[] = [];
  const out = { isTTY: false, write: (text: string) => written.push(text) > 0 };
  return { written, out: out as unknown as NodeJS.WriteStream };
}

it('writes one line per stage, with its time', () => {
  expect(stageLine('ok', 'agent', 'started', 1234)).toBe(
    `  ok    agent                  started${' '.repeat(37)}    1.2 s`,
  );
});

it('writes one line where nobody looks, with the words said last', async () => {
  const { written, out } = recorder();
  const made = await makeProgress(out, false).stage('agent', 'starting', async (tell) => {
    tell('started');
    return 7;
  });
  expect(made).toBe(7);
  expect(written).toHaveLength(1);
  expect(written[0]).toMatch(/^ {2}ok {4}agent +started +0\.0 s\n$/);
});

it('says that a stage failed and passes the failure on', async () => {
  const { written, out } = recorder();
  const failing = makeProgress(out, false).stage('agent', 'starting', async () => {
    throw new Error('no');
  });
  await expect(failing).rejects.toThrow('no');
  expect(written[0]).toMatch(/^ {2}fail {2}agent/);
});

it('speaks JSON to programs, and nothing else', async () => {
  const { written, out } = recorder();
  const progress = makeProgress(out, true);
  progress.line('for people');
  await progress.stage('agent', 'started', async () => undefined);
  expect(written.map((line) => JSON.parse(line))).toEqual([
    { stage: 'agent', ok: true, words: 'started', ms: expect.any(Number) },
  ]);
});
