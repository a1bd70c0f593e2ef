/**
 * An expected failure, as a value. Only bugs throw.
 * `code` is stable and documented (docs/reference/errors.md), `next` tells the reader what to do now.
 */
export class Refusal {
  readonly code: string;
  readonly message: string;
  readonly next: string;
  readonly details: Readonly<Record<string, unknown>> | undefined;

  constructor(code: string, message: string, next: string, details?: Record<string, unknown>) {
    this.code = code;
    this.message = message;
    this.next = next;
    this.details = details;
  }

  toJSON(): { code: string; message: string; next: string; details?: Record<string, unknown> } {
    const { code, message, next, details } = this;
    return details ? { code, message, next, details } : { code, message, next };
  }
}

/** Either what was asked for or the reason why not. */
export type Outcome<T> = T | Refusal;

export const isRefusal = (value: unknown): value is Refusal => value instanceof Refusal;

/** Turns a refusal back from JSON (a stored operation, an API answer). */
export const refusalFrom = (json: {
  code: string;
  message: string;
  next: string;
  details?: Record<string, unknown> | undefined;
}): Refusal => new Refusal(json.code, json.message, json.next, json.details);

/** Unwraps where a refusal can only be a bug of ours, such as in a test's arrangement. */
export function must<T>(outcome: Outcome<T>): T {
  if (isRefusal(outcome)) throw new Error(`${outcome.code}: ${outcome.message} (${outcome.next})`);
  return outcome;
}
