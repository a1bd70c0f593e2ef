import type { PlatformSeen } from './facts.ts';
import { fail, type Judgement, ok, warn } from './judgement.ts';

/** The platform's own state, once it is installed. */
export function judgePlatform(seen: PlatformSeen): Judgement[] {
  return [judgeSettings(seen), judgeAgent(seen), ...judgeModes(seen), ...judgeKit(seen), ...judgeVpn(seen)];
}

function judgeSettings({ settings }: PlatformSeen): Judgement {
  if (settings === 'absent') return ok('settings', 'none yet: npm start writes /etc/bastide/bastide.json');
  if (settings === 'valid') return ok('settings', '/etc/bastide/bastide.json');
  return fail('settings', settings.wrong, 'Correct /etc/bastide/bastide.json.');
}

function judgeAgent({ agentRunning, ready, stageError }: PlatformSeen): Judgement {
  if (!agentRunning) return ok('agent', 'not running: npm start starts it');
  if (stageError)
    return fail('agent', stageError, 'See /var/log/bastide/agent/current, then npm start again.');
  if (ready) return ok('agent', 'running, everything is up');
  return warn('agent', 'running, still bringing things up', 'Wait a minute; npm start shows the progress.');
}

/** Nobody but root reads keys. */
function judgeModes({ fileModes }: PlatformSeen): Judgement[] {
  const open = fileModes.filter(({ mode }) => (mode & 0o077) !== 0);
  if (fileModes.length === 0) return [];
  if (open.length === 0) return [ok('secrets', 'readable by root alone')];
  return [
    fail(
      'secrets',
      `others may read ${open.map(({ path }) => path).join(', ')}`,
      'chmod 600 them, and rotate what they hold if anybody else has used this machine.',
    ),
  ];
}

const MAKE =
  'Make one with npm run recovery-kit, keep it off this machine, test it: npm run recovery-kit -- test FILE';

/** Without a kit that was proven to open, the loss of this machine is the loss of every backup. */
function judgeKit({ kit }: PlatformSeen): Judgement[] {
  if (kit === undefined) return [];
  const id = 'recovery kit';
  if (kit.testedFor === kit.current)
    return [ok(id, `tested on ${kit.testedAt?.slice(0, 10)}, for the root key in use`)];
  if (kit.madeFor === kit.current)
    return [warn(id, 'made, but nobody has tested it', 'Test it with: npm run recovery-kit -- test FILE')];
  const found = kit.madeFor === null ? 'there is none' : 'the last one is of an older root key';
  return [warn(id, found, MAKE)];
}

/** Off after the first start, because nobody could get in otherwise. */
function judgeVpn({ agentRunning, vpnOn }: PlatformSeen): Judgement[] {
  if (!agentRunning || vpnOn === undefined) return [];
  if (vpnOn) return [ok('operators', 'come in by the VPN only')];
  const next = 'Enrol your computers (bastide vpn:enrol), then bastide vpn:on: docs/guide/vpn.md.';
  return [warn('operators', 'their part of the API answers to the whole internet', next)];
}
