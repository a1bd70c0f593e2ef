import { expect, test } from 'vitest';
import { storeArguments, storeCommand } from './commands.ts';

const at = { storePort: 8445, data: '/data' };

test('the store adds only, listens on loopback, and its password is not an argument', () => {
  expect(storeArguments(at).join(' ')).toBe(
    'serve restic --config /dev/null --addr 127.0.0.1:8445 --append-only --cache-objects=false /data',
  );
  const command = storeCommand({ ...at } as Parameters<typeof storeCommand>[0], 'hunter2');
  expect(JSON.stringify(command)).not.toContain('hunter2');
});
