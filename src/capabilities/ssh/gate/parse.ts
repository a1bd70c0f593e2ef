/** What somebody who logged in asks for. */
export type Asked =
  | { readonly kind: 'push' }
  | { readonly kind: 'shell' }
  | { readonly kind: 'command'; readonly text: string }
  | { readonly kind: 'refused'; readonly what: string };

const PROGRAMS: readonly (readonly [RegExp, string])[] = [
  [
    /^(git[- ]upload-pack|git[- ]upload-archive)( |$)/,
    'git fetch: what is deployed is not kept as a repository',
  ],
  [/^(scp|rsync|internal-sftp|\S*sftp-server)( |$)/, 'copying of files'],
];

/** PURE. Reads SSH_ORIGINAL_COMMAND. The path of a push says nothing: the login name is the app. */
export function readAsked(original: string): Asked {
  const text = original.trim();
  if (text === '') return { kind: 'shell' };
  if (/^git[- ]receive-pack '?[\w./~-]{1,200}'?$/.test(text)) return { kind: 'push' };
  const refused = PROGRAMS.find(([pattern]) => pattern.test(text));
  if (refused) return { kind: 'refused', what: refused[1] };
  return text.length > 4000 ? { kind: 'refused', what: 'a command that long' } : { kind: 'command', text };
}

/** PURE. The certificate or key in what sshd leaves in $SSH_USER_AUTH: base64 of the one method that was used. */
export function readCredential(text: string): string | undefined {
  const lines = text.trim().split('\n');
  const [, base64] = /^publickey \S{1,80} ([A-Za-z0-9+/]+={0,2})$/.exec(lines[0] ?? '') ?? [];
  return lines.length === 1 ? base64 : undefined;
}

export interface Pushed {
  readonly commit: string;
  readonly ref: string;
}

/** PURE. The one branch that a push is about; undefined where it is several, another one or a removal. */
export function readPushed(stdin: string): Pushed | undefined {
  const lines = stdin.trim().split('\n');
  const [, commit, ref] =
    /^[0-9a-f]{40,64} ([0-9a-f]{40,64}) refs\/heads\/(main|master)$/.exec(lines[0] ?? '') ?? [];
  return lines.length === 1 && commit && ref && !/^0+$/.test(commit) ? { commit, ref } : undefined;
}
