import { appendFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { must } from '../../kernel/refusal.ts';
import { history, logKey, testWitness } from './conformance.ts';
import { fileWitness } from './file.ts';
import { httpWitness } from './http.ts';
import { memoryWitness, startWitness } from './memory.ts';
import { claimed, parseCosignatures, parseLines, parseSize } from './parse.ts';
import { renderAdd } from './render.ts';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'bastide-witness-'));
});
afterAll(() => rm(dir, { recursive: true }));

describe('in memory', () =>
  testWitness(async () => {
    const witness = memoryWitness('memory');
    return { witness, notes: async () => witness.notes };
  }));

describe('a file', () => {
  let n = 0;
  const open = () => {
    n += 1;
    return fileWitness('file', join(dir, `${n}`, 'checkpoints.jsonl'));
  };
  testWitness(async () => {
    const witness = open();
    return { witness, notes: async () => must(await witness.held()) ?? [] };
  });

  it('goes on after a line that was torn off', async () => {
    const witness = open();
    must(await witness.publish(history('a')(2)));
    await appendFile(join(dir, `${n}`, 'checkpoints.jsonl'), '{"note":"exam');
    must(await witness.publish(history('a')(4)));
    expect(must(await witness.held())).toEqual([2, 4].map((size) => history('a')(size).note));
  });
});

describe('a C2SP witness over HTTP', () => {
  const closing: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
  });
  const open = async () => {
    const served = await startWitness(logKey);
    closing.push(served.close);
    return { served, witness: httpWitness('http', served.url) };
  };
  testWitness(async () => {
    const { served, witness } = await open();
    return { witness, notes: async () => served.notes };
  });

  it('is told the proof from what it has, and refuses another history', async () => {
    const { served, witness } = await open();
    expect(must(await witness.publish(history('a')(3)))).toEqual(['— witness.example AAAAAAAA']);
    const anew = httpWitness('http', served.url);
    must(await anew.publish(history('a')(7)));
    expect(await anew.publish(history('b')(9))).toMatchObject({ code: 'witness_conflict' });
  });

  it('is unreachable where nobody answers', async () => {
    const { witness } = await open();
    for (const close of closing.splice(0)) await close();
    expect(await witness.publish(history('a')(3))).toMatchObject({ code: 'witness_unreachable' });
  });
});

it('writes and reads what goes to and fro', () => {
  expect(renderAdd(7, [Buffer.alloc(3)], 'note\n')).toBe('old 7\nAAAA\n\nnote\n');
  expect(parseSize('12\n')).toBe(12);
  expect(parseSize('x')).toBeUndefined();
  expect(parseCosignatures('— a AA==\nnonsense\n')).toEqual(['— a AA==']);
  expect(parseLines('{"note":"a"}\n{"no')).toEqual(['a']);
  expect(claimed('nothing')).toBeUndefined();
});
