import type { Progress } from '../../../adapters/restic/port.ts';

const EVERY_SECONDS = 10;
const MIB = 1024 * 1024;

/** One line every ten seconds: how much, how fast, and how long it will still take where that is known. */
export function progress(log: (line: string) => void, what: string): (at: Progress) => void {
  let last = 0;
  return ({ bytes, totalBytes, seconds }) => {
    if (seconds - last < EVERY_SECONDS) return;
    last = seconds;
    const rate = bytes / seconds;
    const left = totalBytes && rate > 0 ? `, about ${Math.ceil((totalBytes - bytes) / rate)} s left` : '';
    log(`${what}: ${Math.round(bytes / MIB)} MiB, ${Math.round(rate / MIB)} MiB/s${left}`);
  };
}
