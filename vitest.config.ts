import { defineConfig } from 'vitest/config';
import { FixedOrder } from './test/order.ts';

/** What stands on databases and the vault: long enough to be asked for by name. */
const DATA =
  'test/{stories/{backups,canary,controls,data-apps,databases,erasure,gateways,recovery,storage},attacks/vault}.test.ts';

/** Who signs in, comes in and looks in: the same. */
const PEOPLE = 'test/stories/{guessing,mail,ssh,staff,vpn}.test.ts';

const lab = {
  globalSetup: ['test/stories/lib/shared.ts'],
  testTimeout: 600_000,
  hookTimeout: 900_000,
  fileParallelism: false,
};

/**
 * Five projects, from fast to real:
 * - unit: beside the code, no root, no network, no process of its own to leave behind
 * - real: adapters against the real program, in namespaces of their own (needs root)
 * - lab: whole hosts in network namespaces; stories end to end (needs root)
 * - data, people: the same, for databases, backups and controls, and for who gets in; npm test runs them where they are named
 */
export default defineConfig({
  test: {
    sequence: { sequencer: FixedOrder },
    // Every core: the default leaves one for a developer's editor, and a machine of two has no core to give away.
    maxWorkers: '100%',
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{src,controls,packaging,stacks,bench}/**/*.test.ts', 'test/*.test.ts'],
          exclude: ['**/*.real.test.ts', 'node_modules/**'],
          // Limits for what hangs, not for what is slow: a machine with little to spare takes its time.
          testTimeout: 120_000,
          hookTimeout: 180_000,
        },
      },
      {
        test: {
          name: 'real',
          include: ['{src,controls,packaging,stacks}/**/*.real.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 600_000,
        },
      },
      {
        test: {
          name: 'lab',
          include: ['test/{lab,stories,attacks}/**/*.test.ts'],
          exclude: [DATA, PEOPLE],
          ...lab,
        },
      },
      { test: { name: 'data', include: [DATA], ...lab } },
      { test: { name: 'people', include: [PEOPLE], ...lab } },
    ],
  },
});
