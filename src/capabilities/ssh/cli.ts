import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { findApp } from '../../cli/app-name.ts';
import { path } from '../../cli/client.ts';
import { type CommandRow, given, type Input } from '../../cli/command.ts';
import { usage } from '../../cli/errors.ts';
import { type Io, watch } from '../../cli/io.ts';
import { projectOf, projectOption } from '../../cli/project.ts';
import { Accepted } from '../../kernel/operation.ts';
import { isRefusal, type Outcome } from '../../kernel/refusal.ts';
import { keepCertificate, makeKeyPair, type SshFiles } from './cli/files.ts';
import { forInvalid, shellNotFound } from './errors.ts';
import { Certified, SSH_PORT, SshView } from './model.ts';
import { secondsOf } from './plan/duration.ts';

const short = (iso: string | null): string => iso?.slice(0, 19).replace('T', ' ') ?? '';
const appArgument = {
  name: 'app',
  description: 'the app; as for the other commands unless told',
  optional: true,
};
const certifies = ['certifySsh', 'followOperation'];

/** The name that the gateway answers by is the API's own. */
const hostOf = (io: Io): string => new URL(io.config?.server ?? io.api.server).hostname;

/** A fresh key with a certificate for an app, in the configuration's directory. */
async function certificate(
  io: Io,
  input: Input,
): Promise<Outcome<{ app: string; files: SshFiles; until: string }>> {
  const app = input.args.app || (await findApp(io.cwd));
  if (isRefusal(app)) return app;
  const pair = makeKeyPair();
  const body = { publicKey: pair.publicKey };
  const asked = await io.api.send(
    'POST',
    path`/v1/apps/${app}/ssh/certificates`,
    body,
    Accepted.extend({ until: z.iso.datetime() }),
  );
  if (isRefusal(asked)) return asked;
  const done = await watch(io, asked, { quiet: true });
  if (isRefusal(done)) return done;
  const made = Certified.parse(done?.result);
  const files = await keepCertificate(io.configDir, { app, host: hostOf(io), pair, made });
  return { app, files, until: asked.until };
}

async function project(io: Io, input: Input) {
  const name = await projectOf(io, input);
  if (isRefusal(name)) return name;
  const view = await io.api.get(path`/v1/projects/${name}/ssh`, SshView);
  return isRefusal(view) ? view : { name, view };
}

/** Door 2 of entry by SSH. */
export const commands: readonly CommandRow[] = [
  {
    name: 'ssh',
    summary: 'Log in to an app by SSH, with a certificate that is good for minutes',
    args: [appArgument, { name: 'command', description: 'what to run there', optional: true, rest: true }],
    options: [],
    examples: ['bastide ssh shop -- node script.js'],
    uses: certifies,
    passThrough: true,
    async run(io, input) {
      const made = await certificate(io, input);
      if (isRefusal(made)) return made;
      const { app, files } = made;
      io.become('ssh', ['-F', files.config, `${app}@${hostOf(io)}`, ...input.rest]);
      return shellNotFound();
    },
  },
  {
    name: 'ssh:certificate',
    summary: 'Get a certificate for minutes, for git push and ssh of your own',
    args: [appArgument],
    examples: ['bastide ssh:certificate shop'],
    uses: certifies,
    async run(io, input) {
      const made = await certificate(io, input);
      if (isRefusal(made)) return made;
      const { app, files, until } = made;
      io.print.done(
        { app, ...files, until },
        [
          `Good until ${short(until)} UTC. Once, in ~/.ssh/config:  Include ${files.config}`,
          `Then:  git remote add bastide ssh://${app}@${hostOf(io)}:${SSH_PORT}/${app}.git && git push bastide main`,
        ].join('\n'),
      );
      return undefined;
    },
  },
  {
    name: 'ssh:open',
    summary: 'Open entry by SSH to a project for a while; it closes itself',
    options: [
      projectOption,
      {
        flags: '--from <networks>',
        description: 'who may come in, with commas between; anywhere unless told',
      },
      { flags: '--for <time>', description: 'how long, seven days at most', default: '1h' },
    ],
    examples: ['bastide ssh:open --for 1h', 'bastide ssh:open --project shop --for 8h --from 203.0.113.0/24'],
    uses: ['openSsh', 'listProjects', 'followOperation'],
    async run(io, input) {
      const name = await projectOf(io, input);
      if (isRefusal(name)) return name;
      const time = given(input, 'for') ?? '1h';
      const seconds = secondsOf(time);
      if (seconds === undefined) return forInvalid(time);
      const from = given(input, 'from')?.split(',') ?? [];
      const asked = await io.api.send(
        'POST',
        path`/v1/projects/${name}/ssh/entry`,
        { seconds, from },
        Accepted.extend({ until: z.iso.datetime() }),
      );
      const done = await watch(io, asked);
      if (isRefusal(done)) return done;
      if (isRefusal(asked)) return asked;
      io.print.done(
        done,
        `Open to ${from.join(', ') || 'everybody with a certificate'} until ${short(asked.until)} UTC.`,
      );
      return undefined;
    },
  },
  {
    name: 'ssh:close',
    summary: 'Close entry by SSH to a project at once; sessions end',
    options: [projectOption],
    examples: ['bastide ssh:close'],
    uses: ['closeSsh', 'listProjects', 'followOperation'],
    async run(io, input) {
      const name = await projectOf(io, input);
      if (isRefusal(name)) return name;
      const asked = await io.api.send('DELETE', path`/v1/projects/${name}/ssh/entry`, undefined, Accepted);
      const done = await watch(io, asked);
      if (isRefusal(done)) return done;
      io.print.done(done, 'Closed.');
      return undefined;
    },
  },
  {
    name: 'ssh:info',
    summary: 'Whether entry by SSH is open, and its certificates, keys and sessions',
    options: [projectOption],
    examples: ['bastide ssh:info', 'bastide ssh:info --project shop --json'],
    uses: ['showSsh', 'listProjects'],
    async run(io, input) {
      const found = await project(io, input);
      if (isRefusal(found)) return found;
      const { view } = found;
      const rows = [
        ...view.entries.map((one) => ({
          what: `entry ${one.state}`,
          id: one.id,
          who: one.openedBy,
          of: one.from.join(' ') || 'anywhere',
          until: one.until,
        })),
        ...view.certificates.map((one) => ({
          what: one.revokedAt ? 'certificate, revoked' : 'certificate',
          id: one.id,
          who: one.account,
          of: one.app,
          until: one.until,
        })),
        ...view.keys.map((one) => ({
          what: 'key',
          id: one.id,
          who: one.createdBy,
          of: one.name,
          until: one.expiresAt,
        })),
        ...view.sessions.map((one) => ({
          what: 'session',
          id: one.id,
          who: one.actor,
          of: `${one.app}: ${one.command || 'a shell'}`,
          until: one.createdAt,
        })),
      ];
      io.print.table(rows, {
        what: (row) => row.what,
        id: (row) => row.id,
        who: (row) => row.who,
        of: (row) => row.of,
        until: (row) => short(row.until),
      });
      return undefined;
    },
  },
  {
    name: 'ssh:revoke',
    summary: 'Revoke a certificate at once; its sessions end within seconds',
    args: [{ name: 'certificate', description: 'its id, or all' }],
    options: [projectOption],
    examples: [
      'bastide ssh:revoke all',
      'bastide ssh:revoke 0190b2c4-0000-7000-8000-000000000000 --project shop',
    ],
    uses: ['revokeSsh', 'listProjects'],
    async run(io, input) {
      const name = await projectOf(io, input);
      if (isRefusal(name)) return name;
      const done = await io.api.send(
        'DELETE',
        path`/v1/projects/${name}/ssh/certificates/${input.args.certificate ?? ''}`,
        undefined,
        z.object({ revoked: z.int() }),
      );
      if (isRefusal(done)) return done;
      io.print.done(done, `Revoked ${done.revoked}.`);
      return undefined;
    },
  },
  {
    name: 'ssh:keys:add',
    summary: 'Enrol a key that stays, for git push from CI and nothing else',
    args: [
      { name: 'name', description: 'what it is for' },
      { name: 'file', description: 'its .pub file' },
    ],
    options: [projectOption, { flags: '--days <count>', description: 'until it expires', default: '90' }],
    examples: ['bastide ssh:keys:add ci ./ci.pub --days 30'],
    uses: ['enrolSshKey', 'listProjects'],
    async run(io, input) {
      const name = await projectOf(io, input);
      if (isRefusal(name)) return name;
      const file = input.args.file ?? '';
      const publicKey = await readFile(join(io.cwd, file), 'utf8').catch(() => undefined);
      if (publicKey === undefined)
        return usage(`${file} cannot be read`, 'Name a .pub file, below this directory.');
      const body = { name: input.args.name, publicKey, days: Number(given(input, 'days') ?? 90) };
      const done = await io.api.send(
        'POST',
        path`/v1/projects/${name}/ssh/keys`,
        body,
        z.object({ id: z.uuid(), expiresAt: z.iso.datetime() }),
      );
      if (isRefusal(done)) return done;
      io.print.done(
        done,
        `Key ${done.id}, good for git push until ${short(done.expiresAt)} UTC while entry is open.`,
      );
      return undefined;
    },
  },
  {
    name: 'ssh:keys:revoke',
    summary: 'Revoke an enrolled key, at once',
    args: [{ name: 'key', description: 'its id, as ssh:info lists it' }],
    options: [projectOption],
    examples: ['bastide ssh:keys:revoke 0190b2c4-0000-7000-8000-000000000000'],
    uses: ['revokeSshKey', 'listProjects'],
    async run(io, input) {
      const name = await projectOf(io, input);
      if (isRefusal(name)) return name;
      const done = await io.api.send(
        'DELETE',
        path`/v1/projects/${name}/ssh/keys/${input.args.key ?? ''}`,
        undefined,
        z.object({ ok: z.literal(true) }),
      );
      if (isRefusal(done)) return done;
      io.print.done(done, 'Revoked.');
      return undefined;
    },
  },
  {
    name: 'ssh:ca:rotate',
    summary: 'Make new keys of the authority for logins by SSH; everything that the old ones signed ends',
    examples: ['bastide ssh:ca:rotate --reason "a laptop was lost"'],
    uses: ['rotateSshAuthority', 'followOperation'],
    async run(io) {
      const asked = await io.api.send('POST', '/v1/platform/ssh/rotate', {}, Accepted);
      const done = await watch(io, asked);
      if (isRefusal(done)) return done;
      io.print.done(done, 'Rotated.');
      return undefined;
    },
  },
];
