import type { SyslogMessage } from './port.ts';

/** log audit */
const FACILITY = 13;
/** RFC 5424, 7.2.2: a private name carries an enterprise number; this one is for everybody (RFC 5612). */
const ELEMENT = 'bastide@32473';

/** A field of the header: printable ASCII without blanks, of so many characters at most, or nothing. */
const word = (text: string, longest: number): string =>
  text.replaceAll(/[^\x21-\x7e]/g, '_').slice(0, longest) || '-';

const quoted = (text: string): string => text.replaceAll(/[\\"\]]/g, (sign) => `\\${sign}`);

/** A message as RFC 5424, section 6, writes it. */
export function render({ severity, at, host, program, id, data, text }: SyslogMessage): string {
  const parameters = Object.entries(data).map(([name, value]) => ` ${word(name, 32)}="${quoted(value)}"`);
  return [
    `<${FACILITY * 8 + severity}>1`,
    at,
    word(host, 255),
    word(program, 48),
    '-',
    word(id, 32),
    `[${ELEMENT}${parameters.join('')}]`,
    text,
  ].join(' ');
}

/** Octet counting (RFC 5425, section 4.3): the length in bytes, a blank, the message. */
export const frame = (message: string): string => `${Buffer.byteLength(message)} ${message}`;
