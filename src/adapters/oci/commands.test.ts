import { expect, it } from 'vitest';
import { unpackTar } from './commands.ts';

it('unpacks with the owners and modes of the tar', () => {
  expect(unpackTar('/a.tar', '/b').argv.join(' ')).toBe(
    'tar --extract --file=/a.tar --directory=/b --numeric-owner --same-owner --same-permissions',
  );
});
