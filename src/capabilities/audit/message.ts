import type { SyslogMessage } from '../../adapters/syslog/port.ts';
import type { ExportLine } from './model.ts';

const SEVERITY: Readonly<Record<string, number>> = { denied: 4, failed: 3 };
const INFORMATIONAL = 6;
/** What every receiver of RFC 5425 should take (section 4.3.1), less what comes before the text. */
export const LONGEST = 7000;

/** JSON that is ASCII only, so that a message needs no byte order mark. */
export const asciiJson = (value: unknown): string =>
  JSON.stringify(value).replaceAll(
    /[\u007f-\uffff]/g,
    (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

/**
 * A leaf of the log as a message. Its text is the line of an export, so that what a server keeps can be verified; where
 * that is too long for a message, the detail is left out, and `cut` says so.
 */
export function messageOf(line: ExportLine, host: string): SyslogMessage {
  const { entry } = line;
  const whole = asciiJson(line);
  const text =
    whole.length <= LONGEST || !entry
      ? whole
      : asciiJson({ ...line, entry: { ...entry, detail: null }, cut: true });
  return {
    severity: SEVERITY[entry?.outcome ?? ''] ?? INFORMATIONAL,
    at: entry?.at ?? line.sealedAt,
    host,
    program: 'bastide-audit',
    id: entry?.action ?? 'retired',
    data: {
      index: `${line.index}`,
      leaf: line.leaf,
      ...(entry ? { outcome: entry.outcome, target: entry.target.replaceAll(/[^\x20-\x7e]/g, '_') } : {}),
    },
    text,
  };
}

/** What a checkpoint is to a server: a witness's copy. */
export const checkpointMessage = (
  checkpoint: { readonly size: number; readonly note: string },
  host: string,
  at: string,
): SyslogMessage => ({
  ...{ severity: INFORMATIONAL, at, host, program: 'bastide-audit', id: 'checkpoint' },
  data: { size: `${checkpoint.size}` },
  text: asciiJson({ checkpoint: checkpoint.note }),
});

export const testMessage = (host: string, at: string, operation: string): SyslogMessage => ({
  ...{ severity: INFORMATIONAL, at, host, program: 'bastide-audit', id: 'test' },
  data: { operation },
  text: asciiJson({ test: 'The audit log of Bastide can be heard here' }),
});
