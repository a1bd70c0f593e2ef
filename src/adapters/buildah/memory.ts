import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { baseRefused, buildCancelled, buildFailed } from './errors.ts';
import type { Builder, BuildJob } from './port.ts';

/**
 * A fake: no jail and no image, the same answers. A line `RUN false` fails the build; the last FROM must name one of
 * the job's stacks.
 */
export function memoryBuilder(dir: string): Builder & { readonly jobs: BuildJob[] } {
  const jobs: BuildJob[] = [];
  return {
    jobs,
    async build(job, onLine, signal) {
      jobs.push(job);
      if (signal?.aborted) return buildCancelled();
      const lines = job.dockerfile.split('\n').filter((line) => line.trim() !== '');
      const names = job.stacks.map((each) => each.name);
      for (const [index, line] of lines.entries()) {
        onLine(`STEP ${index + 1}/${lines.length}: ${line}`);
        const from = /^FROM\s+(\S+)/i.exec(line)?.[1];
        if (from && !names.includes(from.replace(/^bastide\//, ''))) return baseRefused(from, names);
        if (/^RUN\s+false\s*$/i.test(line)) return buildFailed([line, 'exit status 1']);
      }
      const base = lines.flatMap((line) => /^FROM\s+bastide\/(\S+)/i.exec(line)?.[1] ?? []).at(-1);
      const stack = job.stacks.find((each) => each.name === base);
      if (!stack) return baseRefused('no stack', names);
      const layout = join(dir, job.id);
      await mkdir(layout, { recursive: true });
      return { layout, stack, seconds: 0, memoryPeakBytes: 0 };
    },
    sweep: async () => ({ removed: 0 }),
  };
}
