// What the words after `npm start --` and its siblings mean. Plain JavaScript without packages: it is read before anything
// is installed.

const FLAGS = {
  up: [
    ['--domain NAME', 'apps answer at https://APP.NAME (localhost)'],
    ['--acme-email ADDRESS', "certificates come from Let's Encrypt; the address is its contact"],
    ['--acme-directory URL', 'another authority that speaks ACME'],
    ['--operator-ports PORTS', "TCP ports of the operator's own way in, by comma (22)"],
    ['--close-other-ports', "the firewall may close other programs' public ports"],
    ['--new-token', 'print another one-time token for a sign-in from elsewhere'],
    ['--no-vault', 'make no vault on this machine'],
    ['--controls, --no-controls', 'start the prober, which attacks canary projects of its own, or end it'],
    ['--bare', 'do not deploy the example app'],
    [
      '--role vault',
      'make this machine a vault and nothing else; npm start -- --role vault --help says more',
    ],
    ['--json', 'a line of JSON for each step'],
  ],
  vault: [
    ['--role vault', 'make this machine a vault and nothing else'],
    ['--address NAME', 'address or name by which the platform reaches it; may be said more than once'],
    ['--vault-port PORT', 'the port that it listens on'],
    ['--vault-data DIRECTORY', 'where the objects lie'],
    ['--retention-days DAYS', 'how long what nobody needs any more is kept'],
    ['--daily-gib GIB', 'the most that is taken in on one day'],
    ['--json', 'a line of JSON for each step'],
  ],
  down: [
    ['--purge', 'remove everything, data and keys too'],
    ['--yes', 'do not ask first'],
    ['--json', 'a line of JSON for each step'],
  ],
};

const HEADS = {
  up: [
    'npm start -- [options]',
    'Brings the platform up; again, it changes what is said and leaves the rest.',
  ],
  vault: ['npm start -- --role vault [options]', 'Makes this machine a vault.'],
  down: ['npm stop -- [options]', 'Ends the platform; what it keeps stays.'],
};

/** The help of a command, or undefined where it has none of its own. */
export function helpOf(command) {
  const flags = FLAGS[command];
  if (flags === undefined) return undefined;
  const [usage, what] = HEADS[command];
  const lines = flags.map(([flag, meaning]) => `  ${flag.padEnd(26)} ${meaning}`);
  return [`Usage: ${usage}`, '', what, '', 'Options:', ...lines, ''].join('\n');
}

export const asksForHelp = (args) => args.includes('--help') || args.includes('-h');
