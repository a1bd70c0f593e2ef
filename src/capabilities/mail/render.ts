import { LetterDetail, LetterKind } from './model.ts';

/** A letter as it waits in the database. */
export interface Waiting {
  readonly kind: string;
  readonly detail: unknown;
  readonly createdAt: Date;
}

interface Words {
  readonly subject: string;
  readonly lines: readonly string[];
}

/** Staff access that a customer decides: it has a page. */
const PAGES: Readonly<Record<string, string>> = {
  staff_access_requested: '/access',
  break_glass_opened: '/access',
};

const NOT_YOU = (host: string) =>
  `Was it not you? End all sessions and change your password and second factors now: https://${host}/account`;

function alertWords(detail: unknown, host: string): Words {
  const { code, severity, message, next, organization, project } = LetterDetail.alert.parse(detail);
  const about = project ?? organization ?? 'the platform';
  const page = PAGES[code];
  return {
    subject: `${severity === 'critical' ? 'Urgent: ' : ''}${about}: ${code.replaceAll('_', ' ')}`,
    lines: [
      message,
      '',
      ...(page === undefined ? [] : [`In a browser: https://${host}${page}`]),
      next,
      '',
      organization === null
        ? `You get this as one of the staff of ${host}.`
        : `You get this as an owner or admin of ${organization} at ${host}.`,
    ],
  };
}

/** What somebody called a device, as words: no address in it that a reader of mail makes a link of. */
const harmless = (name: string): string =>
  name
    .replaceAll(/[^\p{L}\p{N}_()+-]+/gu, ' ')
    .trim()
    .slice(0, 40);

/** What happened to an account, in the words of its letter. */
function accountWords(kind: Exclude<LetterKind, 'alert'>, detail: unknown): Words {
  switch (kind) {
    case 'password_changed':
      return { subject: 'Your password was changed', lines: ['The password of your account was changed.'] };
    case 'address_changed':
      return {
        subject: 'Your address was changed',
        lines: ['Your account has not this e-mail address any more. It gets no more letters.'],
      };
    case 'account_ended':
      return { subject: 'Your account was ended', lines: ['Your account was ended by an operator.'] };
    case 'app_added':
      return {
        subject: 'An authenticator app was added',
        lines: ['An authenticator app was added to your account, or took the place of the one before.'],
      };
    case 'app_removed':
      return {
        subject: 'An authenticator app was removed',
        lines: ['The authenticator app was removed from your account.'],
      };
    case 'codes_renewed':
      return { subject: 'New recovery codes', lines: ['New recovery codes were made for your account.'] };
    case 'passkey_added':
    case 'passkey_removed': {
      const { name } = LetterDetail.passkey.parse(detail);
      const what = kind === 'passkey_added' ? 'added to' : 'removed from';
      return {
        subject: `A passkey was ${what} your account`,
        lines: [`The passkey “${name}” was ${what} your account.`],
      };
    }
    case 'recovery_code_used': {
      const { left } = LetterDetail.code.parse(detail);
      return {
        subject: 'A recovery code was used',
        lines: [`Somebody proved to be you by a recovery code. ${left} are left.`],
      };
    }
    case 'signed_in': {
      const { device, address } = LetterDetail.session.parse(detail);
      return {
        subject: 'You signed in from a new place',
        lines: [
          `Somebody signed in to your account with ${harmless(device)} from ${address ?? 'an unknown place'}.`,
        ],
      };
    }
    case 'test':
      return { subject: 'Mail works', lines: ['The platform reaches you by mail.'] };
  }
}

/** PURE. The words of a letter; undefined where this agent knows no such kind. `host`: the platform's name. */
export function wordsOf(
  { kind, detail, createdAt }: Waiting,
  host: string,
): { readonly subject: string; readonly text: string } | undefined {
  const known = LetterKind.safeParse(kind);
  if (!known.success) return undefined;
  const { subject, lines } =
    known.data === 'alert' ? alertWords(detail, host) : accountWords(known.data, detail);
  const personal = known.data !== 'alert' && known.data !== 'test';
  const at = createdAt.toISOString().slice(0, 16).replace('T', ' ');
  return {
    subject: `[${host}] ${subject}`,
    text: [...lines, ...(personal ? ['', NOT_YOU(host)] : []), '', `${at} UTC`, ''].join('\n'),
  };
}
