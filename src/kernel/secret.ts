import { inspect } from 'node:util';

/**
 * A value that must not be seen. It prints itself redacted in strings, JSON and inspection, and a Command
 * takes it in `stdin` or `env` only, so it cannot get into argv. Read it with `reveal()`, as late as possible.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return '[secret]';
  }

  toJSON(): string {
    return '[secret]';
  }

  [inspect.custom](): string {
    return '[secret]';
  }
}
