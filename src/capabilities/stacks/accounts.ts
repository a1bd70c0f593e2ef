import type { Recipe } from './model.ts';

type User = Recipe['user'];

/** Debian's own ids are below 100, and 65534 is nobody. The rest was handed out during the build, in its order. */
const isFixed = (line: string): boolean => {
  const id = Number(line.split(':')[2]);
  return id < 100 || id === 65_534;
};

const LAST_DAY = '19000:0:99999:7:::';

const lines = (text: string): string[] => text.split('\n').filter((line) => line !== '');

/** The text editors for /etc/passwd, /etc/group and /etc/shadow: Debian's fixed accounts and the stack's user. */
export function accountEdits({ name, uid, home }: User): Map<string, (text: string) => string> {
  const isUser = (line: string) => line.split(':')[0] === name;
  const rewrite = (text: string, keep: (line: string) => boolean, own: string) =>
    `${[...lines(text).filter((line) => keep(line) && !isUser(line)), own].join('\n')}\n`;
  let users: Set<string> | undefined;
  return new Map([
    [
      'etc/passwd',
      (text) => {
        const result = rewrite(text, isFixed, `${name}:x:${uid}:${uid}::${home}:/usr/sbin/nologin`);
        users = new Set(lines(result).map((line) => line.split(':')[0]!));
        return result;
      },
    ],
    [
      'etc/group',
      (text) => rewrite(text, isFixed, `${name}:x:${uid}:`).replace(/^([^:]*:[^:]*:\d+:).*$/gm, '$1'),
    ],
    [
      'etc/shadow',
      (text) => {
        const known = users;
        const names = lines(text).map((line) => line.split(':')[0]!);
        const kept = names.filter((user) => user !== name && (known?.has(user) ?? true));
        return `${[...kept, name].map((user) => `${user}:*:${LAST_DAY}`).join('\n')}\n`;
      },
    ],
  ]);
}
