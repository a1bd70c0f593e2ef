import { expect, it } from 'vitest';
import { checkBundle } from '../../../controls/contract/evidence.ts';
import { AssessmentResults } from './oscal.ts';
import { parseEvidenceFile } from './parse.ts';
import { renderOscal } from './render.ts';
import { testProber } from './testing.ts';

const findings = (bundle: ReturnType<ReturnType<typeof testProber>['bundle']>) =>
  AssessmentResults.parse(renderOscal(bundle))['assessment-results'].results[0]!.findings ?? [];

it('has every field that OSCAL asks for, with evidence and without', () => {
  const prober = testProber();
  expect(AssessmentResults.safeParse(renderOscal(prober.bundle())).error).toBeUndefined();
  prober.next();
  prober.next({ verdict: 'broken', control: 'data/backup-age', claims: ['DAT-5'] });
  const oscal = AssessmentResults.parse(renderOscal(prober.bundle()))['assessment-results'];
  expect(oscal.results[0]!.observations).toHaveLength(2);
});

it('would be refused where a field is missing', () => {
  const { 'assessment-results': results } = renderOscal(testProber().bundle());
  for (const field of Object.keys(results)) {
    const { [field]: _, ...rest } = results;
    expect(AssessmentResults.safeParse({ 'assessment-results': rest }).success, field).toBe(false);
  }
});

it('calls a claim satisfied only where every control that applies held, by its newest record', () => {
  const prober = testProber();
  prober.next({ verdict: 'broken', finishedAt: '2026-11-22T00:00:00.000Z' });
  prober.next({ verdict: 'held' });
  prober.next({ control: 'data/other', verdict: 'not-applicable' });
  expect(findings(prober.bundle())).toMatchObject([
    { title: 'DAT-3', target: { status: { state: 'satisfied', reason: 'pass' } } },
  ]);
  prober.next({ control: 'data/other', verdict: 'inconclusive', finishedAt: '2026-11-22T03:00:00.000Z' });
  expect(findings(prober.bundle())[0]!.target.status).toEqual({ state: 'not-satisfied', reason: 'other' });
});

it('carries the signed records within, so that the file can be verified alone', () => {
  const prober = testProber();
  prober.next();
  const found = parseEvidenceFile(JSON.stringify(renderOscal(prober.bundle())))!;
  expect(checkBundle(found)).toEqual({ entries: 1, faults: [] });
});
