import type { PlatformSeen } from './facts.ts';
import { fail, type Judgement, ok, warn } from './judgement.ts';

/** The platform's own state, once it is installed. */
export function judgePlatform(seen: PlatformSeen): Judgement[] {
  return [judgeSettings(seen), judgeAgent(seen), ...judgeModes(seen)];
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
