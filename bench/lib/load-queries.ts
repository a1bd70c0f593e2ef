import { join } from 'node:path';
import { runner } from '../../src/adapters/exec/run.ts';
import { must } from '../../src/kernel/refusal.ts';
import { type QueriesSpec, Said, type Told } from './queries-model.ts';

export interface QueryLoad {
  /** What happens from now on. */
  phase(name: string): void;
  /** The app's new release: resolves when the old one has ended what it had. */
  use(credential: Omit<Extract<Told, { say: 'use' }>, 'say'>): Promise<void>;
  end(): Promise<Extract<Said, { say: 'end' }>>;
}

/** Starts `queries.ts` by an argv that puts it next to the server. */
export function startQueries(
  spec: QueriesSpec,
  nextTo: (argv: readonly string[]) => [string, ...string[]],
  signal: AbortSignal,
): QueryLoad {
  let tell: (told: Told) => void = () => {};
  const over = Promise.withResolvers<void>();
  const ready = Promise.withResolvers<void>();
  let using = Promise.withResolvers<void>();
  let last: Extract<Said, { say: 'end' }> | undefined;
  const program = [process.execPath, join(import.meta.dirname, 'queries.ts'), JSON.stringify(spec)];
  const done = runner.pipe(
    { argv: nextTo(program), cwd: join(import.meta.dirname, '../..'), timeoutMs: 12 * 3_600_000 },
    {
      signal,
      async write(stdin) {
        tell = (told) => void stdin.write(`${JSON.stringify(told)}\n`);
        ready.resolve();
        await over.promise;
        return undefined;
      },
      onLine(line, source) {
        if (source === 'stderr') return console.error(line);
        const said = Said.parse(JSON.parse(line));
        if (said.say === 'using') using.resolve();
        else last = said;
      },
    },
  );
  // Whoever waits for it must not wait for ever where it has ended by itself.
  const broken = done.then((ran) => {
    const { code, stderr } = must(ran);
    if (!last) throw new Error(`the load ended with ${code}: ${stderr}`);
  });
  broken.catch(() => {});
  return {
    phase: (name) => tell({ say: 'phase', name }),
    async use(credential) {
      await ready.promise;
      using = Promise.withResolvers<void>();
      tell({ say: 'use', ...credential });
      await Promise.race([using.promise, broken]);
    },
    async end() {
      over.resolve();
      await broken;
      return last!;
    },
  };
}
