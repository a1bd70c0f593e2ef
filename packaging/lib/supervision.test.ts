import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { renderUnit, runit, runitFiles, startRunsvdir, stopRunsvdir, systemd } from './supervision.ts';

const here = { node: "/opt/it's/node", root: '/opt/bastide' };

describe('supervision by runit', () => {
  it('runs the agent in a clean environment, with quoted paths', () => {
    const files = runitFiles(here);
    expect(Object.keys(files)).toEqual([
      '/var/lib/bastide/services/agent/run',
      '/var/log/bastide/agent/config',
      '/var/lib/bastide/services/agent/log/run',
    ]);
    expect(files['/var/lib/bastide/services/agent/run']).toBe(`#!/bin/sh
exec 2>&1
umask 022
exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin NODE_ENV=production '/opt/it'\\''s/node' '/opt/bastide/dist/agent.js'
`);
  });

  it('starts and stops by these commands', () => {
    expect(startRunsvdir.argv.join(' ')).toBe(
      'start-stop-daemon --start --oknodo --background --make-pidfile --pidfile /run/bastide/runsvdir.pid --exec /usr/bin/runsvdir -- -P /var/lib/bastide/services',
    );
    expect(stopRunsvdir.argv.join(' ')).toBe(
      'start-stop-daemon --stop --oknodo --signal HUP --pidfile /run/bastide/runsvdir.pid --exec /usr/bin/runsvdir',
    );
    expect(runit.restart.argv.join(' ')).toBe('sv -w 60 force-restart /var/lib/bastide/services/agent');
    expect(runit.down.argv.join(' ')).toBe('sv -w 60 force-stop /var/lib/bastide/services/agent');
  });
});

describe('supervision by systemd', () => {
  const unit = renderUnit(
    readFileSync(new URL('../systemd/bastide-agent.service', import.meta.url), 'utf8'),
    here,
  );

  it('leaves no placeholder and ends nothing but the agent', () => {
    expect(unit).not.toMatch(/@[A-Z]+@/);
    expect(unit).toContain(`ExecStart=/opt/it's/node /opt/bastide/dist/agent.js\n`);
    expect(unit).toContain('KillMode=process\n');
  });

  it('sandboxes the agent', () => {
    for (const directive of [
      'CapabilityBoundingSet',
      'SystemCallFilter',
      'RestrictAddressFamilies',
      'UMask',
    ]) {
      expect(unit).toMatch(new RegExp(`^${directive}=`, 'm'));
    }
  });

  it('starts by these commands', () => {
    expect(systemd.up.argv.join(' ')).toBe('systemctl enable --now bastide-agent.service');
  });
});
