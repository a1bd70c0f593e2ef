import { inspect } from 'node:util';
import { expect, it } from 'vitest';
import { Secret } from './secret.ts';

const secret = new Secret('hunter2');

it('shows itself redacted wherever text is made of it', () => {
  const shown = [
    String(secret),
    `${secret}`,
    JSON.stringify({ deep: [secret] }),
    inspect({ deep: { deeper: { deepest: [secret] } } }, { depth: 9, showHidden: true }),
    JSON.stringify(Object.entries(secret)),
    JSON.stringify(structuredClone({ ...secret })),
  ];
  for (const text of shown) expect(text).not.toContain('hunter2');
});

it('gives its value to who asks by name', () => expect(secret.reveal()).toBe('hunter2'));
