/**
 * The text of a source file for the bundle: what it says of its own place must stay true after it has moved into
 * `dist/`, because files beside it (migrations, profiles, recipes) are found that way.
 * `path` is relative to the root, with slashes; the bundle is one directory below the root.
 */
export function keepPlace(text: string, path: string): string {
  const directory = path.split('/').slice(0, -1).join('/');
  return text
    .replaceAll('import.meta.dirname', `(import.meta.dirname + ${JSON.stringify(`/../${directory}`)})`)
    .replaceAll('import.meta.url', `new URL(${JSON.stringify(`../${path}`)}, import.meta.url).href`);
}
