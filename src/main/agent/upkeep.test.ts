import { describe, expect, it } from 'vitest';
import type { ContainerFacts } from '../../adapters/docker/port.ts';
import { containers } from '../../capabilities/nodes/system/specs.ts';
import { type Outcome, Refusal } from '../../kernel/refusal.ts';
import { whatIsDown } from './upkeep.ts';

const fact = (name: string, state = 'running'): ContainerFacts => ({
  id: name,
  name,
  labels: {},
  image: 'i',
  state,
  exitCode: undefined,
  specHash: undefined,
});
const all = Object.values(containers).map((name) => fact(name));
const down = (answer: Outcome<readonly ContainerFacts[]>) => whatIsDown({ containers: async () => answer });

describe('what is down', () => {
  it('is nothing while every part runs, whatever else was there once', async () => {
    expect(await down([...all, fact('bastide-postgres-init', 'exited')])).toBeUndefined();
  });

  it('is a part that stopped or is gone, by name', async () => {
    expect(await down([...all.slice(1), fact(all[0]!.name, 'exited')])).toContain('bastide-postgres');
    expect(await down(all.filter(({ name }) => name !== 'bastide-api'))).toBe('bastide-api: not running');
  });

  it('is the engine itself, when it does not answer', async () => {
    expect(await down(new Refusal('engine_unreachable', 'No answer', 'Look'))).toBe('No answer');
  });
});
