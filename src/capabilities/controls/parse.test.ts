import { expect, it } from 'vitest';
import { parseEvidenceFile } from './parse.ts';
import { testProber } from './testing.ts';

it('reads an export', () => {
  const prober = testProber();
  prober.next();
  expect(parseEvidenceFile(JSON.stringify(prober.bundle()))).toEqual(prober.bundle());
});

it.each(['', 'no json', '{}', '[]', '{"assessment-results":{"back-matter":{"resources":[]}}}'])(
  'takes nothing else for one: %s',
  (text) => expect(parseEvidenceFile(text)).toBeUndefined(),
);
