import { describe, expect, it } from 'vitest';
import { afterAgain, countProgram, countReport, failedFiles, summary, total } from './report.ts';

const report = (change: object) =>
  JSON.stringify({
    numPassedTests: 5,
    numFailedTests: 0,
    numPendingTests: 0,
    numTotalTests: 5,
    success: true,
    testResults: [],
    ...change,
  });

describe('the count', () => {
  it('takes what the report says', () => {
    expect(countReport(report({}), 0)).toEqual({ passed: 5, failed: 0, skipped: 0 });
    expect(countReport(report({ numFailedTests: 2, success: false, numPendingTests: 1 }), 1)).toEqual({
      passed: 5,
      failed: 2,
      skipped: 1,
    });
  });

  it('takes silence for a failure', () => {
    for (const text of [undefined, '', '{}', 'null']) expect(countReport(text, 0).failed).toBe(1);
  });

  it('takes a run that failed without a failed test for a failure', () => {
    expect(countReport(report({ success: false }), 1).failed).toBe(1);
    expect(countReport(report({}), 1).failed).toBe(1);
  });

  it('adds up and says it in one line', () => {
    expect(summary(total([countReport(report({}), 0), countProgram(0), countProgram(2)]))).toBe(
      '6 passed, 1 failed',
    );
    expect(summary({ passed: 1, failed: 0, skipped: 2 })).toBe('1 passed, 0 failed, 2 skipped');
  });
});

describe('a second run', () => {
  const results = [
    { name: '/a.test.ts', status: 'passed' },
    { name: '/b.test.ts', status: 'failed' },
  ];

  it('is for the files in which something failed', () => {
    expect(failedFiles(report({ testResults: results }))).toEqual(['/b.test.ts']);
    for (const text of [undefined, '', '{}']) expect(failedFiles(text)).toEqual([]);
  });

  it('decides what of them is failed', () => {
    const first = { passed: 5, failed: 2, skipped: 1 };
    expect(afterAgain(first, { passed: 3, failed: 0, skipped: 0 })).toEqual({
      passed: 8,
      failed: 0,
      skipped: 1,
    });
    expect(afterAgain(first, { passed: 2, failed: 1, skipped: 0 }).failed).toBe(1);
  });
});
