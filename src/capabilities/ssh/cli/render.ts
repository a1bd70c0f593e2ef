/** What OpenSSH's client needs to know of the gateway; the login name is the app's. */
export const renderClient = (at: {
  readonly host: string;
  readonly port: number;
  readonly directory: string;
}): string =>
  [
    `Host ${at.host}`,
    `  Port ${at.port}`,
    `  IdentityFile "${at.directory}/%r"`,
    `  CertificateFile "${at.directory}/%r-cert.pub"`,
    '  IdentitiesOnly yes',
    '  IdentityAgent none',
    `  UserKnownHostsFile "${at.directory}/known_hosts"`,
    '  GlobalKnownHostsFile none',
    '  StrictHostKeyChecking yes',
    '  ForwardAgent no',
    '',
  ].join('\n');
