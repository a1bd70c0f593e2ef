import { Refusal } from '../../kernel/refusal.ts';

export const notStarted = (program: string, why: string) =>
  new Refusal('exec_not_found', `${program} could not be started: ${why}`, 'Run npm run doctor.');

export const tookTooLong = (program: string, seconds: number) =>
  new Refusal('exec_timeout', `${program} took longer than ${seconds} s`, 'Try again; see the log.');

export const failed = (program: string, code: number, said: string) =>
  new Refusal('exec_failed', `${program} ended with ${code}: ${said}`, 'Run npm run doctor.');

export const interrupted = (program: string, why: string) =>
  new Refusal('exec_interrupted', `${program} was interrupted: ${why}`, 'Try again; see the log.');
