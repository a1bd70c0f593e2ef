import { isInternal, type Settings } from '../../src/capabilities/nodes/system/settings.ts';

export interface FarewellFacts {
  readonly settings: Settings;
  readonly server: string;
  readonly caFile: string;
  /** One-time token for another machine; only after a first sign-in. */
  readonly token: string | undefined;
  /** Name of the example app. */
  readonly example: string | undefined;
  readonly seconds: number;
}

/** The last lines of `npm start`: where to click and what to type next. */
export function farewell({ settings, server, caFile, token, example, seconds }: FarewellFacts): string {
  const own = isInternal(settings.domain) || settings.acmeEmail === undefined;
  const app = `https://${example}.${settings.domain}`;
  const trust = own ? ` --cacert ${caFile}` : '';
  const lines = [
    '',
    `  Bastide is up, after ${seconds.toFixed(0)} s.`,
    '',
    ...(example ? [`  The example     ${app}`, `                  curl${trust} ${app}/`] : []),
    `  The API         ${server}`,
    ...(own ? [`  The authority   ${caFile} (import it for a green lock)`] : []),
    '',
    '  Next, on this machine, where root is signed in already:',
    '',
    '    bastide projects:create first',
    '    bastide apps:create shop --project first',
    '    cd my-app && bastide deploy --app shop',
    '',
  ];
  // RFC 6761: such a name leads every machine to itself.
  const here = /(^|\.)localhost$/.test(settings.domain);
  const elsewhere = [
    here
      ? '  From another account of this machine, once, within a day (other machines: give it a domain first):'
      : '  From another machine, once, within a day:',
    '',
    `    bastide login --server ${server} --token ${token}${own ? ` --ca ${here ? caFile : 'ca.crt'}` : ''}`,
    '',
  ];
  return [
    ...lines,
    ...(token ? elsewhere : []),
    '  npm stop ends everything; npm run doctor looks at the machine.',
    '',
  ].join('\n');
}
