import { readdirSync, readFileSync } from 'node:fs';

const read = (file: string): string | undefined => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    // The process has ended.
    return undefined;
  }
};

export interface ProcessMemory {
  readonly pid: number;
  readonly name: string;
  readonly command: string;
  /** Its own memory and its share of what it shares, bytes. */
  readonly pss: number;
}

/** Proportional set size from the text of `smaps_rollup`, bytes. */
export const parsePss = (text: string): number => Number(/^Pss:\s+(\d+) kB$/m.exec(text)?.[1] ?? 0) * 1024;

function memoryOf(pid: number): ProcessMemory[] {
  const rollup = read(`/proc/${pid}/smaps_rollup`);
  if (rollup === undefined) return [];
  return [
    {
      pid,
      name: (read(`/proc/${pid}/comm`) ?? '').trim(),
      command: (read(`/proc/${pid}/cmdline`) ?? '').replaceAll('\0', ' ').trim(),
      pss: parsePss(rollup),
    },
  ];
}

const childrenOf = (pid: number): number[] => {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((task) =>
      (read(`/proc/${pid}/task/${task}/children`) ?? '').split(' ').filter(Boolean).map(Number),
    );
  } catch {
    return [];
  }
};

/** The memory of a process and of everything it started. */
export const memoryOfTree = (pid: number): ProcessMemory[] => [
  ...memoryOf(pid),
  ...childrenOf(pid).flatMap(memoryOfTree),
];

export const mebibytes = (processes: readonly ProcessMemory[]): number =>
  processes.reduce((sum, { pss }) => sum + pss, 0) / 1024 ** 2;

/** Clock ticks a second: fixed in the kernel's interface to programs. */
const TICKS = 100;

/** Processor time in the text of `/proc/<pid>/stat`, its own and its ended children's, milliseconds. */
export function parseCpu(stat: string): number {
  // The name may hold spaces and brackets; what follows the last bracket begins with field 3.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return [11, 12, 13, 14].reduce((sum, field) => sum + Number(fields[field] ?? 0), 0) * (1000 / TICKS);
}

/** Processor time that a process and everything it started have used, milliseconds. */
export const cpuOfTree = (pid: number): number =>
  parseCpu(read(`/proc/${pid}/stat`) ?? '') +
  childrenOf(pid).reduce((sum, child) => sum + cpuOfTree(child), 0);
