import { cpuOfTree } from './processes.ts';

export interface Cost {
  readonly seconds: number;
  /** Processor time of this process and all that it started, seconds: other work on the machine hardly moves it. */
  readonly cpu: number;
}

export async function costOf(work: () => Promise<unknown>): Promise<Cost> {
  const before = cpuOfTree(process.pid);
  const started = performance.now();
  await work();
  return {
    seconds: (performance.now() - started) / 1000,
    cpu: (cpuOfTree(process.pid) - before) / 1000,
  };
}
