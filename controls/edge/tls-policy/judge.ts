import { judgingAttempts } from '../../contract/attempts.ts';

/** Everything that was tried has to be refused, and what has to work has to work. */
export const judge = judgingAttempts;
