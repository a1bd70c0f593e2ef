import type { Directory } from '../../../adapters/below/port.ts';
import type { Outcome } from '../../../kernel/refusal.ts';
import { pathBlocked, pathMissing } from '../errors.ts';

/** Every entry of `staged` takes its place in `live`; what was there goes to `old`. Renames in one file system. */
export async function putAllBack(staged: Directory, live: Directory, old: Directory): Promise<Outcome<void>> {
  // What its apps make anew in between would be in the way.
  for (const name of await live.names()) await live.move(name, old, name);
  for (const name of await staged.names())
    if (!(await staged.move(name, live, name))) return pathBlocked(name.toString());
}

/** The directory that a path's last name is in. It is made where it is missing, for the user whose volume it is. */
async function above(live: Directory, name: string): Promise<Directory | undefined> {
  const there = await live.directory(name);
  if (there) return there;
  const owner = Number((await live.stats()).uid);
  return live.make(name, { mode: 0o755, owner });
}

/**
 * One path of `staged` takes its place in `live`, where anybody may have put a link meanwhile: the way down goes from one
 * open directory to the next. What was there goes to `old`.
 */
export async function putPathBack(
  staged: Directory,
  live: Directory,
  old: Directory,
  path: string,
): Promise<Outcome<void>> {
  const [name = '', ...way] = path.split('/').filter(Boolean).reverse();
  const held: Directory[] = [];
  const hold = (one: Directory | undefined) => {
    if (one) held.push(one);
    return one;
  };
  try {
    let [from, to] = [staged, live];
    for (const part of way.reverse()) {
      const deeper = hold(await from.directory(part));
      if (!deeper) return pathMissing(path);
      const place = hold(await above(to, part));
      if (!place) return pathBlocked(path);
      [from, to] = [deeper, place];
    }
    if (!(await from.look(name))) return pathMissing(path);
    await to.move(name, old, 'entry');
    return (await from.move(name, to, name)) ? undefined : pathBlocked(path);
  } finally {
    for (const one of held) await one.close();
  }
}
