import type { CommandRow } from '../../cli/command.ts';
import type { FamilyWords } from './cli/common.ts';
import { extensionCommands } from './cli/extensions.ts';
import { familyCommands, list } from './cli/family.ts';

const FAMILY_WORDS: Record<FamilyWords['family'], FamilyWords> = {
  pg: {
    family: 'pg',
    engine: 'postgres',
    title: 'PostgreSQL',
    example: 'shop-db',
    client: 'psql',
    statement: 'select 1',
  },
  mysql: {
    family: 'mysql',
    engine: 'mariadb',
    title: 'MariaDB',
    example: 'blog-db',
    client: 'shell',
    statement: 'select 1',
  },
  redis: {
    family: 'redis',
    engine: 'redis',
    title: 'Redis',
    example: 'cache',
    client: 'cli',
    statement: 'dbsize',
  },
};

/** Door 2: the same nouns as a client; every kind of database has the same verbs. */
export const commands: readonly CommandRow[] = [
  {
    name: 'databases',
    summary: 'Your databases of every kind',
    examples: ['bastide databases'],
    uses: ['listDatabases'],
    run: (io) => list(io),
  },
  ...Object.values(FAMILY_WORDS).flatMap((words) => [
    ...familyCommands(words),
    ...(words.engine === 'postgres' ? extensionCommands(words) : []),
  ]),
];
