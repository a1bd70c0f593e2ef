type Config = Readonly<Record<string, { readonly sealed: string }>>;

const SHOWN = 20;
const some = (names: readonly string[]): string =>
  names.length > SHOWN
    ? `${names.slice(0, SHOWN).join(', ')} and ${names.length - SHOWN} more`
    : names.join(', ');

/** PURE. What a rollback does to config vars: what it runs with, and that what is set now stays set. Names, never values. */
export function rollbackWords(then: Config, now: Config): string {
  const changed = Object.keys(then).filter((name) => name in now && now[name]!.sealed !== then[name]!.sealed);
  const gone = Object.keys(then).filter((name) => !(name in now));
  const added = Object.keys(now).filter((name) => !(name in then));
  if (changed.length + gone.length + added.length === 0) return 'Its config vars are those that are set now.';
  const parts = [
    ...(changed.length > 0 ? [`set anew since then: ${some(changed.sort())}`] : []),
    ...(added.length > 0 ? [`not there then: ${some(added.sort())}`] : []),
    ...(gone.length > 0 ? [`unset since then: ${some(gone.sort())}`] : []),
  ];
  return `It runs with the config vars of then (${parts.join('; ')}). What is set now stays, and counts again from the next deploy or config:set on.`;
}
