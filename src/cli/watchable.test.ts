import { expect, it } from 'vitest';
import { toWatch } from './watchable.ts';

const deploy = { kind: 'apps.deploy', status: 'running' } as const;
const scale = { kind: 'apps.converge', status: 'succeeded' } as const;
const logs = { kind: 'apps.logs', status: 'running' } as const;

it('is the change under way, else the newest change, and never a look at something', () => {
  expect(toWatch([logs, scale, deploy])).toBe(deploy);
  expect(toWatch([logs, scale])).toBe(scale);
  expect(toWatch([logs])).toBeUndefined();
});
