import type { ColumnType, Generated } from 'kysely';
import type { JsonDefault, TimeDefault, TimeNull } from '../schema.ts';

type Null<T> = ColumnType<T | null, T | null | undefined, T | null>;

/** What people are told by mail: 0081_mail.sql. */
export interface MailTables {
  mail_outlet: {
    one: Generated<boolean>;
    enabled: boolean;
    server: Null<string>;
    sender: Null<string>;
    sent_at: TimeNull;
    failing_since: TimeNull;
    failure: Null<string>;
  };
  letters: {
    id: Generated<string>;
    account_id: string;
    address: string;
    kind: string;
    detail: JsonDefault<Record<string, unknown>>;
    project_id: Null<string>;
    operation_id: Null<string>;
    created_at: TimeDefault;
    next_at: TimeDefault;
    tries: Generated<number>;
    sent_at: TimeNull;
    dropped_at: TimeNull;
    failure: Null<string>;
  };
}
