import type { ColumnType } from 'kysely';
import type { Time, TimeDefault, TimeNull } from '../schema.ts';

type Null<T> = ColumnType<T | null, T | null | undefined, T | null>;

/** Tables of terminals (0053_terminal.sql). */
export interface TerminalsTables {
  terminal_recordings: {
    id: string;
    organization_id: string;
    project_id: string;
    kind: string;
    target: string;
    actor: string;
    started_at: TimeDefault;
    ended_at: TimeNull;
    because: Null<string>;
    bytes: Null<number>;
    sha256: Null<string>;
    expires_at: Time;
  };
}
