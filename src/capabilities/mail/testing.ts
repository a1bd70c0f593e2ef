import { memoryMail } from '../../adapters/mail/memory.ts';
import type { TestApi } from '../../api/testing.ts';
import { alert } from '../../engine/alert.ts';
import type { MailDeps } from './deps.ts';
import { noteOutlet } from './store.ts';

const SERVER = {
  ...{ host: 'mail.example.org', port: 465, ca: undefined, private: false },
  ...{ user: undefined, password: undefined },
};

/** A platform's mail with a server in memory, for tests. */
export function letterbox(api: () => TestApi) {
  const mail = memoryMail();
  // The agent's clock is ahead of the database's, which says when a letter was written.
  let ahead = 3_600_000;
  return {
    mail,
    deps: (): MailDeps => ({
      ...{ db: api().t.db, mail, from: 'bastide@example.org', host: 'bastide.example.org' },
      server: async () => SERVER,
      now: () => new Date(Date.now() + ahead),
    }),
    pass: (ms: number): void => {
      ahead += ms;
    },
    /** Nothing waits, nothing was sent, and there is a server that takes everything. */
    async empty(): Promise<void> {
      const { db } = api().t;
      await db.deleteFrom('letters').execute();
      await db.deleteFrom('alerts').execute();
      mail.letters.length = 0;
      mail.refusal = undefined;
      await noteOutlet(db, { server: 'mail.example.org:465', sender: 'bastide@example.org' });
    },
    /** Subjects of what an address got, without the platform's name. */
    subjects: (to: string): string[] =>
      mail.letters.filter((one) => one.to === to).map(({ subject }) => subject.replace(/^\[.*?\] /, '')),
    told: (over: Partial<Parameters<typeof alert>[1]> = {}): Promise<boolean> =>
      alert(api().t.db, {
        ...{ severity: 'critical', code: 'backup_overdue', subject: 'database:1' },
        ...{ message: 'No backup for two days', next: 'Look', ...over },
      }),
  };
}
