import type { Outcome } from '../kernel/refusal.ts';
import type { Io } from './io.ts';

export interface Argument {
  readonly name: string;
  readonly description: string;
  readonly optional?: boolean;
  /** Takes all that is left; only the last one may. */
  readonly rest?: boolean;
}

export interface Option {
  /** As commander writes it: `-a, --app <app>` or `--follow`. */
  readonly flags: string;
  readonly description: string;
  readonly default?: string;
}

export interface Input {
  /** Of an argument; the empty string where an optional one was left out. */
  readonly args: Readonly<Record<string, string>>;
  readonly rest: readonly string[];
  readonly options: Readonly<Record<string, string | boolean | undefined>>;
}

/** A row of the CLI's table of contents. */
export interface CommandRow {
  /** noun:verb, for example `apps:create`; a plain noun lists. */
  readonly name: string;
  readonly summary: string;
  readonly args?: readonly Argument[];
  readonly options?: readonly Option[];
  /** Whole lines as they are typed. At least one. */
  readonly examples: readonly [string, ...string[]];
  /** operationIds of the API that it calls; a test proves that they exist. */
  readonly uses: readonly string[];
  /** Options after the first argument belong to the customer's command, as in `run -- npm test`. */
  readonly passThrough?: boolean;
  /** Prints what it did. A number is the exit code; nothing is 0. */
  run(io: Io, input: Input): Promise<Outcome<number | undefined>>;
}

/** The option that names the app; io.app() reads it, or finds the app otherwise. */
export const appOption: Option = {
  flags: '-a, --app <app>',
  description: 'the app; else `app:` in bastide.yaml, the git remote `bastide`, or the name of the folder',
};

/** An option's value, where one was given. */
export const given = (input: Input, name: string): string | undefined => {
  const value = input.options[name];
  return typeof value === 'string' ? value : undefined;
};
