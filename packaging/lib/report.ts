import { z } from 'zod';

/** Vitest's JSON report, the part that is counted. */
const VitestReport = z.looseObject({
  numPassedTests: z.int(),
  numFailedTests: z.int(),
  numPendingTests: z.int(),
  numTotalTests: z.int(),
  success: z.boolean(),
});

export interface Count {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/**
 * Counts one part. A report that is missing or unreadable, or one that calls itself failed without a failed test (a
 * file that could not be loaded, an unhandled error), counts as a failure: silence is no success.
 */
export function countReport(text: string | undefined, exitCode: number): Count {
  const parsed = VitestReport.safeParse(text === undefined ? undefined : jsonOf(text));
  if (!parsed.success) return { passed: 0, failed: 1, skipped: 0 };
  const { numPassedTests, numFailedTests, numPendingTests, success } = parsed.data;
  const unseen = numFailedTests === 0 && (!success || exitCode !== 0) ? 1 : 0;
  return { passed: numPassedTests, failed: numFailedTests + unseen, skipped: numPendingTests };
}

/** The files of a report in which something failed. */
export function failedFiles(text: string | undefined): string[] {
  const parsed = z
    .looseObject({ testResults: z.array(z.looseObject({ name: z.string(), status: z.string() })) })
    .safeParse(text === undefined ? undefined : jsonOf(text));
  return parsed.success
    ? parsed.data.testResults.filter(({ status }) => status === 'failed').map(({ name }) => name)
    : [];
}

/** A part of which some files were run again: what passed the second time is passed, and nothing is forgotten. */
export const afterAgain = (first: Count, again: Count): Count => ({
  passed: first.passed + again.passed,
  failed: again.failed,
  skipped: first.skipped,
});

const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** A check that is one program: it passes or it fails. */
export const countProgram = (exitCode: number): Count =>
  exitCode === 0 ? { passed: 1, failed: 0, skipped: 0 } : { passed: 0, failed: 1, skipped: 0 };

export const total = (counts: readonly Count[]): Count =>
  counts.reduce(
    (sum, { passed, failed, skipped }) => ({
      passed: sum.passed + passed,
      failed: sum.failed + failed,
      skipped: sum.skipped + skipped,
    }),
    { passed: 0, failed: 0, skipped: 0 },
  );

/** The last line of `npm test`. */
export const summary = ({ passed, failed, skipped }: Count): string =>
  `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
