/** One line of what testssl.sh found (`--jsonfile`). */
export interface Finding {
  readonly id: string;
  readonly severity: string;
  readonly finding: string;
}

/** Not complaints: everything as it should be, or only told. */
const FINE = new Set(['OK', 'INFO', 'DEBUG']);

/**
 * What says nothing about the edge, each with its reason: it follows from the platform's own authority, the page that is
 * asked for or the program that asks. What the program cannot ask is asked in `tls.test.ts` instead.
 */
export const EXCUSED: Readonly<Record<string, string>> = {
  cert_revocation: 'a private authority: no list of revocations and no OCSP; its leaves live 90 days or less',
  engine_problem: 'about the machine that looks: its OpenSSL has no GOST',
  sessionresumption_ticket: 'asked without a server name, which the edge refuses',
  secure_renego: 'asked without a server name, which the edge refuses',
  BREACH: 'the page is a static file, compressed: it holds no secret and repeats nothing that was sent',
};

/** Complaints of testssl.sh that are none of the excused; ids may carry a number or host in angle brackets. */
export const complaints = (
  findings: readonly Finding[],
  excused: Readonly<Record<string, string>> = EXCUSED,
): Finding[] =>
  findings.filter(
    ({ id, severity }) => !FINE.has(severity) && !Object.hasOwn(excused, id.replace(/ ?<.*>$/, '')),
  );
