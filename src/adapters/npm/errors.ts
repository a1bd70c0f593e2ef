import { Refusal } from '../../kernel/refusal.ts';

export const npmAltered = ({ name, version }: { name: string; version: string }): Refusal =>
  new Refusal(
    'npm_package_altered',
    `${name}@${version} from the npm registry is not the package that was pinned`,
    'Do not use it. Try again later; if it stays so, the registry or the way to it changes packages.',
  );
