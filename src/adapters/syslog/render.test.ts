import { expect, it } from 'vitest';
import type { SyslogMessage } from './port.ts';
import { frame, render } from './render.ts';

const message: SyslogMessage = {
  ...{
    severity: 4,
    at: '2026-11-22T09:00:00.123456Z',
    host: 'bastide.example.org',
    program: 'bastide-audit',
  },
  ...{ id: 'apps:deploy', data: { index: '7' }, text: '{"a":1}' },
};

it('writes a message as RFC 5424 has it', () => {
  expect(render(message)).toBe(
    '<108>1 2026-11-22T09:00:00.123456Z bastide.example.org bastide-audit - apps:deploy [bastide@32473 index="7"] {"a":1}',
  );
});

it('lets nothing in a field end the field', () => {
  const data = { target: 'x"] [evil@1 a="b\\' };
  expect(render({ ...message, data })).toContain('[bastide@32473 target="x\\"\\] [evil@1 a=\\"b\\\\"] {');
  expect(render({ ...message, host: 'a b\nc', id: 'x'.repeat(40) })).toMatch(
    / a_b_c bastide-audit - x{32} \[/,
  );
  expect(render({ ...message, host: '' })).toContain('Z - bastide-audit');
});

it('counts bytes, not letters', () => {
  expect(frame('abc')).toBe('3 abc');
  expect(frame('é')).toBe('2 é');
});
