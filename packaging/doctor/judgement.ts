export interface Judgement {
  readonly id: string;
  readonly level: 'ok' | 'warn' | 'fail';
  /** What was found, in one line. */
  readonly found: string;
  /** What to do; only where something is to be done. */
  readonly next?: string;
}

export const ok = (id: string, found: string): Judgement => ({ id, level: 'ok', found });
export const warn = (id: string, found: string, next: string): Judgement => ({
  id,
  level: 'warn',
  found,
  next,
});
export const fail = (id: string, found: string, next: string): Judgement => ({
  id,
  level: 'fail',
  found,
  next,
});
