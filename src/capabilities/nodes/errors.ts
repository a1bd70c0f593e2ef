import { Refusal } from '../../kernel/refusal.ts';

export const engineForeign = (what: string): Refusal =>
  new Refusal(
    'engine_foreign',
    `This machine already runs a Docker Engine that is not ours: ${what}`,
    'Use a machine of its own, or move those containers away and stop that engine (systemctl disable --now docker docker.socket).',
  );

export const addressTaken = (wanted: string, by: string): Refusal =>
  new Refusal(
    'node_address_taken',
    `The platform needs the addresses ${wanted}, but this machine uses ${by}`,
    'Use a machine whose networks do not overlap.',
    { wanted, by },
  );

export const engineNotStarted = (program: string, lines: string): Refusal =>
  new Refusal(
    'engine_not_started',
    `${program} did not start: ${lines}`,
    'See /var/log/bastide/engine.log.',
    { program },
  );

export const engineNotStopped = (pid: number): Refusal =>
  new Refusal('engine_not_stopped', `The engine's process ${pid} does not end`, 'Restart the machine.', {
    pid,
  });

export const nodeUnreadable = (what: string, said: string): Refusal =>
  new Refusal('node_unreadable', `${what} could not be read: ${said}`, 'Run npm run doctor.');

export const nodeStepFailed = (summary: string, said: string): Refusal =>
  new Refusal('node_step_failed', `${summary}: ${said}`, 'Run npm run doctor.');

export const nodeNotSettled = (summary: string): Refusal =>
  new Refusal(
    'node_not_settled',
    `The node does not come to rest at: ${summary}`,
    'See the log, then run npm start again.',
  );

export const engineNotAsWanted = (what: string): Refusal =>
  new Refusal(
    'engine_not_as_wanted',
    `The engine was started again and still ${what}`,
    'See /var/log/bastide/engine.log.',
  );
