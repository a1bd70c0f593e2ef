import { Refusal } from '../../kernel/refusal.ts';

export const firewallRefused = (program: string, said: string): Refusal =>
  new Refusal('firewall_refused', `${program} did not take the rules: ${said}`, 'Run npm run doctor.', {
    program,
  });
