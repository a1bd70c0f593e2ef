import { expect, it } from 'vitest';
import { bootstrapBase, bootstrapRoot } from './commands.ts';

const spec = {
  suite: 'bookworm',
  sources: 'deb http://m bookworm main\n',
  out: '/out.tar',
  tmpDir: '/dev/shm/x',
};
const common = `mmdebstrap --mode=root --format=tar --architectures=amd64 --dpkgopt=force-unsafe-io --aptopt=Acquire::Languages "none" --aptopt=Apt::Install-Recommends "false" --aptopt=Acquire::Retries "3"`;

it('makes the base of a suite', () => {
  const command = bootstrapBase(spec);
  expect(command.argv.join(' ')).toBe(`${common} --variant=essential --skip=cleanup/apt bookworm /out.tar -`);
  expect(command.stdin).toBe(spec.sources);
  expect(command.env).toEqual({ TMPDIR: '/dev/shm/x', SOURCE_DATE_EPOCH: '1790000000', LC_ALL: 'C.UTF-8' });
});

it('makes a root on a base', () => {
  const command = bootstrapRoot({ ...spec, base: '/base.tar', packages: ['haproxy', 'ca-certificates'] });
  expect(command.argv.join(' ')).toBe(
    `${common} --variant=custom --skip=update --setup-hook=tar-in /base.tar / --include=haproxy,ca-certificates bookworm /out.tar -`,
  );
});
