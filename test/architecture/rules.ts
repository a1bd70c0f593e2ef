import * as boundaries from './boundaries.ts';
import * as furniture from './furniture.ts';
import * as habits from './habits.ts';
import * as house from './house.ts';
import { onlyOneWayOut } from './outbound.ts';
import * as purity from './purity.ts';
import type { Tree } from './source.ts';
import { storageIsReachedByOpenDirectories } from './storage.ts';

export interface Rule {
  /** Why, in a sentence: the name of the test. */
  readonly reason: string;
  /** What breaks the rule, a line each. */
  readonly check: (tree: Tree) => string[];
  /** Trees that break it: the rule has to see each of them. */
  readonly broken: readonly Readonly<Record<string, string>>[];
  /** A tree that comes close and is in order. */
  readonly sound: Readonly<Record<string, string>>;
}

export const rules: readonly Rule[] = [
  {
    reason: 'the kernel is pure, so that every other file may use its words without a second thought',
    check: purity.kernelIsPure,
    broken: [
      { 'src/kernel/step.ts': "import { readFile } from 'node:fs/promises';" },
      { 'src/kernel/step.ts': 'export const now = () => Date.now();' },
      { 'src/kernel/step.ts': "import type { Engine } from '../adapters/docker/port.ts';" },
    ],
    sound: {
      'src/kernel/step.ts': "import { inspect } from 'node:util'; import { Secret } from './secret.ts';",
    },
  },
  {
    reason:
      'model, plan, decide, errors, render, parse and commands are pure, so that a dry run is the truth and a test needs no world',
    check: purity.pureFilesArePure,
    broken: [
      { 'src/capabilities/apps/plan.ts': "import { connect } from 'node:net';" },
      { 'src/capabilities/apps/plan.ts': 'export const plan = () => new Date();' },
      { 'src/capabilities/apps/decide.ts': 'export const lucky = () => Math.random() > 0.5;' },
      { 'src/adapters/nft/render.ts': 'export const table = process.env.TABLE;' },
      { 'src/adapters/nft/commands.ts': "import pg from 'pg';" },
      { 'src/adapters/nft/parse.ts': "import { randomUUID } from 'node:crypto';" },
      {
        'src/capabilities/apps/plan.ts': "import { later } from './later.ts';",
        'src/capabilities/apps/later.ts': 'export const later = () => Date.now() + 1;',
      },
      { 'src/adapters/oci/plan/layers.ts': "export const get = () => fetch('https://example.org');" },
    ],
    sound: {
      'src/capabilities/apps/plan.ts':
        "import type { Engine } from '../../adapters/docker/port.ts'; import { createHash } from 'node:crypto'; export const at = (now: number) => new Date(now);",
      'src/adapters/docker/port.ts': "import { connect } from 'node:net';",
    },
  },
  {
    reason:
      'the program that listens to the network cannot reach an adapter, so that taking it over wins no effect',
    check: boundaries.apiReachesNoAdapter,
    broken: [
      { 'src/main/api.ts': "import { engine } from '../adapters/docker/client.ts';" },
      {
        'src/main/api.ts': "import '../api/server.ts';",
        'src/api/server.ts': "export * from './more.ts';",
        'src/api/more.ts': "const late = () => import('../adapters/exec/run.ts');",
      },
    ],
    sound: {
      'src/main/api.ts':
        "import type { Engine } from '../adapters/docker/port.ts'; import '../adapters/envelope/seal.ts';",
    },
  },
  {
    reason: 'the program that listens to the network cannot start another, not even through somebody else',
    check: boundaries.apiReachesNoProcess,
    broken: [
      {
        'src/main/api.ts': "import '../api/server.ts';",
        'src/api/server.ts': "import { spawn } from 'child_process';",
      },
    ],
    sound: { 'src/main/api.ts': "import { createServer } from 'node:http';" },
  },
  {
    reason: 'only the agent observes and performs; the API writes down what is wanted',
    check: boundaries.apiReachesNoPerform,
    broken: [
      {
        'src/main/api.ts': "import '../capabilities/apps/routes.ts';",
        'src/capabilities/apps/routes.ts': "import { perform } from './perform.ts';",
      },
    ],
    sound: { 'src/main/api.ts': "import { plan } from '../capabilities/apps/plan.ts';" },
  },
  {
    reason:
      'the CLI is a client of the API and nothing more, so that there is one door for people and machines',
    check: boundaries.cliIsOnlyAClient,
    broken: [
      { 'src/main/cli.ts': "import { pool } from '../db/pool.ts';" },
      { 'src/main/cli.ts': "import '../cli/run.ts';", 'src/cli/run.ts': "import pg from 'pg';" },
    ],
    sound: { 'src/main/cli.ts': "import '../cli/client.ts'; import type { Pool } from '../db/pool.ts';" },
  },
  {
    reason:
      'only adapters/exec/run.ts starts programs, so that one file answers for argv, environment and time limit',
    check: boundaries.onlyTheRunnerStartsPrograms,
    broken: [
      { 'src/adapters/git/clone.ts': "import { execFile } from 'node:child_process';" },
      { 'src/adapters/git/clone.ts': "process.execve('/bin/true', [], {});" },
    ],
    sound: { 'src/adapters/exec/run.ts': "import { spawn } from 'node:child_process';" },
  },
  {
    reason: 'what leaves to other machines leaves by adapters/outbound, which judges where a name leads',
    check: onlyOneWayOut,
    broken: [
      { 'src/adapters/webhooks/send.ts': "import { request } from 'node:https';" },
      { 'src/adapters/webhooks/send.ts': "import https from 'node:https';" },
      { 'src/adapters/webhooks/send.ts': "import axios from 'axios';" },
      { 'src/capabilities/apps/perform.ts': "const answer = await fetch('https://example.org');" },
      { 'src/api/server.ts': "import { connect } from 'node:tls';" },
    ],
    sound: {
      'src/adapters/git/git.ts': 'const made = { fetch(url) {} }; git.fetch(url);',
      'src/vault/gate.ts': "import { createServer } from 'node:https';",
      'src/capabilities/network/parse.ts': "import { isIP } from 'node:net';",
    },
  },
  {
    reason: 'a program of its own is imported by nobody, because importing it would run it',
    check: boundaries.programsAreNotImported,
    broken: [{ 'src/adapters/jail/jail.ts': "import './launch.ts';" }],
    sound: { 'src/adapters/jail/jail.ts': "import './layout.ts';" },
  },
  {
    reason:
      'files of a project’s storage are reached by adapters/below, because an app may put a link or a pipe anywhere at any moment',
    check: storageIsReachedByOpenDirectories,
    broken: [
      { 'src/capabilities/backups/tree.ts': "import { lstat, open } from 'node:fs/promises';" },
      { 'src/capabilities/databases/files.ts': "import fs from 'node:fs';" },
      { 'src/capabilities/volumes/perform.ts': "import { rm } from 'fs/promises';" },
    ],
    sound: {
      'src/capabilities/volumes/observe.ts': "import { lstat } from 'node:fs/promises';",
      'src/capabilities/backups/tree.ts': "import type { FileHandle } from 'node:fs/promises';",
      'src/capabilities/backups/cli/download.ts': "import { rm } from 'node:fs/promises';",
      'src/capabilities/backups/tree.test.ts': "import { rm } from 'node:fs/promises';",
    },
  },
  {
    reason: 'what runs in production imports no fake, no fixture and no test helper',
    check: boundaries.productionHasNoFakes,
    broken: [{ 'src/main/agent.ts': "import { memoryEngine } from '../adapters/docker/memory.ts';" }],
    sound: { 'src/adapters/docker/client.test.ts': "import { memoryEngine } from './memory.ts';" },
  },
  {
    reason:
      "capabilities import only each other's model.ts, so that one can be read, changed and removed alone",
    check: boundaries.capabilitiesShareModelsOnly,
    broken: [{ 'src/capabilities/apps/plan.ts': "import { route } from '../edge/plan.ts';" }],
    sound: {
      'src/capabilities/apps/plan.ts':
        "import { EdgeStep } from '../edge/model.ts'; import { x } from './errors.ts';",
    },
  },
  {
    reason: 'adapters know nothing of what they serve, so that a fake can stand in for each',
    check: boundaries.adaptersServeAnybody,
    broken: [{ 'src/adapters/nft/render.ts': "import { x } from '../../capabilities/network/model.ts';" }],
    sound: { 'src/adapters/nft/apply.ts': "import { runner } from '../exec/run.ts';" },
  },
  {
    reason:
      'an attack in controls/ imports the contract only, so that it shares no mistake with what it attacks',
    check: boundaries.controlsImportTheirContract,
    broken: [
      { 'controls/network/neighbour/attack.ts': "import { x } from '../../../src/kernel/refusal.ts';" },
    ],
    sound: {
      'controls/network/neighbour/attack.ts': "import { x } from '../../contract.ts'; import './judge.ts';",
    },
  },
  {
    reason:
      'the dashboard takes types from src/ and no code, so that it can do nothing that the API does not offer',
    check: boundaries.dashboardImportsTypes,
    broken: [{ 'web/app.tsx': "import { App } from '../src/capabilities/apps/model.ts';" }],
    sound: { 'web/app.tsx': "import type { App } from '../src/capabilities/apps/model.ts';" },
  },
  {
    reason: 'settings are read in main/ only, so that nothing depends on what somebody happened to export',
    check: habits.environmentIsReadInMainOnly,
    broken: [
      { 'src/api/server.ts': 'const port = process.env.PORT;' },
      { 'src/api/server.ts': "import { env } from 'node:process';" },
    ],
    sound: { 'src/main/api.ts': 'const port = process.env.PORT;' },
  },
  {
    reason: 'no shell on the host, ever: words from outside stay words',
    check: habits.noShell,
    broken: [
      { 'src/adapters/git/commands.ts': "const argv = ['/bin/sh', '-c', 'git clone'];" },
      { 'src/adapters/git/commands.ts': "const argv = ['nsenter', '--', 'bash', '-ec', text];" },
      { 'src/adapters/git/commands.ts': 'const options = { shell: true };' },
      { 'src/adapters/git/commands.ts': "const line = 'unshare sh -c true';" },
    ],
    sound: {
      'src/adapters/git/commands.ts': "const argv = ['git', '-c', 'a=b']; const options = { shell: false };",
    },
  },
  {
    reason:
      'SQL lives in store.ts, db/ and engine/, so that what a capability asks of the database is read in one place',
    check: habits.sqlLivesInStores,
    broken: [
      { 'src/capabilities/apps/perform.ts': 'const rows = sql`select 1`.execute(db);' },
      { 'src/capabilities/apps/routes.ts': "db.selectFrom('apps').selectAll();" },
      { 'src/api/server.ts': "pool.query('select 1');" },
    ],
    sound: { 'src/capabilities/apps/store.ts': "db.selectFrom('apps'); sql`select 1`;" },
  },
  {
    reason: 'text never becomes SQL outside db/, because that is where injections come from',
    check: habits.noRawSql,
    broken: [{ 'src/capabilities/apps/store.ts': 'sql.raw(name);' }],
    sound: { 'src/capabilities/apps/store.ts': 'sql`select 1`;' },
  },
  {
    reason: 'no check is silenced: a file that needs it is changed instead',
    check: habits.noSilencedChecks,
    broken: [{ 'src/api/server.ts': '// @ts-expect-error later' }],
    sound: { 'src/api/server.ts': '// expect errors from the network' },
  },
  {
    reason: 'refusals are made in errors.ts, so that all that an area can answer with is read in one place',
    check: house.refusalsAreMadeInErrors,
    broken: [{ 'src/capabilities/apps/plan.ts': "const no = new Refusal('app_no', '', '');" }],
    sound: { 'src/capabilities/apps/errors.ts': "const no = new Refusal('app_no', '', '');" },
  },
  {
    reason: 'refusals read alike: the message begins with a capital and ends without a full stop',
    check: house.refusalsReadAlike,
    broken: [
      { 'src/cli/errors.ts': "const no = new Refusal('cli_no', 'no.', '');" },
      {
        'src/cli/errors.ts': "const no = new Refusal('cli_no', a ? 'No' : 'it is taken', '');",
      },
      { 'src/cli/errors.ts': `const no = new Refusal('cli_no', \`\${name} is taken.\`, '');` },
    ],
    sound: {
      'src/cli/errors.ts': `const no = new Refusal('cli_no', \`\${name} is taken: a, b …\`, 'Choose.');`,
    },
  },
  {
    reason:
      'every plan, decision, command, rendering and parser has a test, because being pure it is cheap to have one',
    check: house.pureFilesAreTested,
    broken: [{ 'src/adapters/nft/render.ts': '', 'src/adapters/nft/other.test.ts': "import './parse.ts';" }],
    sound: {
      'src/adapters/nft/render.ts': '',
      'src/adapters/nft/render.test.ts': "import { x } from './render.ts';",
    },
  },
  {
    reason: 'every capability has a README.md with its promise and a model.ts with its nouns',
    check: furniture.capabilitiesHaveFurniture,
    broken: [{ 'src/capabilities/apps/model.ts': '' }, { 'src/capabilities/apps/README.md': '' }],
    sound: { 'src/capabilities/apps/model.ts': '', 'src/capabilities/apps/README.md': '' },
  },
  {
    reason:
      'every adapter has a port.ts with its promises, so that whoever calls it needs to read nothing else',
    check: furniture.adaptersHaveAPort,
    broken: [{ 'src/adapters/nft/render.ts': '' }],
    sound: { 'src/adapters/nft/render.ts': '', 'src/adapters/nft/port.ts': '' },
  },
  {
    reason: 'no file is longer than 300 lines: one idea each, found by its name',
    check: furniture.filesStaySmall,
    broken: [{ 'src/api/server.ts': 'x\n'.repeat(301) }],
    sound: { 'src/api/server.ts': 'x\n'.repeat(300) },
  },
];
