import { isRefusal, type Refusal } from '../../kernel/refusal.ts';
import * as errors from './errors.ts';
import type { Repository } from './port.ts';
import { reach } from './reach.ts';

/** Ends the run when it got no further with what it reads: a pipe in place of a file holds its reader for ever. */
export function watchSource(seconds: number | undefined, end: (why: Refusal) => void) {
  let bytes = -1;
  let timer: NodeJS.Timeout | undefined;
  const stop = () => clearTimeout(timer);
  const at = (now: number) => {
    if (seconds === undefined || now === bytes) return;
    bytes = now;
    stop();
    timer = setTimeout(() => end(errors.sourceStalled(seconds)), seconds * 1000).unref();
  };
  at(0);
  return { at, stop };
}

/** Ends the run when the vault gave no answer for that long. */
export function watchVault(repo: Repository, patience: number, end: (why: Refusal) => void): NodeJS.Timeout {
  let since: number | undefined;
  let asking = false;
  const look = async () => {
    if (asking) return;
    asking = true;
    const there = await reach(repo);
    asking = false;
    const now = performance.now();
    if (!isRefusal(there)) since = undefined;
    else if (since === undefined) since = now;
    else if (now - since >= (patience * 1000 * 5) / 6) end(there);
  };
  return setInterval(() => void look(), (patience * 1000) / 6).unref();
}
