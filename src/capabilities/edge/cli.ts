import { z } from 'zod';
import { path } from '../../cli/client.ts';
import { appOption, type CommandRow } from '../../cli/command.ts';
import { appOf, watch } from '../../cli/io.ts';
import { Accepted } from '../../kernel/operation.ts';
import { isRefusal } from '../../kernel/refusal.ts';
import { Domain } from './model.ts';

const Domains = z.object({ domains: z.array(Domain) });
const Asked = Accepted.extend({ host: z.string() });
const hostArgument = { name: 'host', description: 'a host name, for example shop.example.org' };

/** Door 2: the names of an app. */
export const commands: readonly CommandRow[] = [
  {
    name: 'domains',
    summary: 'Names of an app and their certificates',
    options: [appOption],
    examples: ['bastide domains --app shop'],
    uses: ['listDomains'],
    async run(io, input) {
      const app = await appOf(io, input);
      if (isRefusal(app)) return app;
      const list = await io.api.get(path`/v1/apps/${app}/domains`, Domains);
      if (isRefusal(list)) return list;
      io.print.table(list.domains, {
        host: (domain) => domain.host,
        kind: (domain) => domain.kind,
        certificate: (domain) => domain.certificate?.issuer ?? 'none yet',
        until: (domain) => domain.certificate?.notAfter.slice(0, 10) ?? null,
        problem: (domain) =>
          domain.proof
            ? `waits for TXT ${domain.proof.record} = ${domain.proof.value}`
            : (domain.certificate?.lastError ?? null),
      });
      return undefined;
    },
  },
  {
    name: 'domains:add',
    summary: 'Let an app answer at a name; asked again, it looks again for the record that proves it',
    args: [hostArgument],
    options: [appOption],
    examples: ['bastide domains:add shop.example.org --app shop'],
    uses: ['addDomain'],
    async run(io, input) {
      const app = await appOf(io, input);
      if (isRefusal(app)) return app;
      const body = { host: input.args.host };
      const done = await watch(io, await io.api.send('POST', path`/v1/apps/${app}/domains`, body, Asked));
      if (isRefusal(done)) return done;
      io.print.done(done, `${app} answers at https://${input.args.host} once its DNS record points here.`);
      return undefined;
    },
  },
  {
    name: 'domains:remove',
    summary: 'Let an app answer at a name no longer',
    args: [hostArgument],
    options: [appOption],
    examples: ['bastide domains:remove shop.example.org --app shop'],
    uses: ['removeDomain'],
    async run(io, input) {
      const app = await appOf(io, input);
      if (isRefusal(app)) return app;
      const host = input.args.host!;
      const asked = await io.api.send('DELETE', path`/v1/apps/${app}/domains/${host}`, undefined, Asked);
      const done = await watch(io, asked);
      if (isRefusal(done)) return done;
      io.print.done(done, `${app} no longer answers at ${host}.`);
      return undefined;
    },
  },
];
