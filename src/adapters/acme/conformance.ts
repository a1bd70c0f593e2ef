import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { must, Refusal } from '../../kernel/refusal.ts';
import type { Acme, ChallengePublisher } from './port.ts';

export interface AcmeWorld {
  readonly acme: Acme;
  readonly publisher: ChallengePublisher;
  readonly host: string;
}

/** What every public authority promises. */
export function acmeConformance(name: string, world: () => AcmeWorld): void {
  describe(`${name} as a public authority`, () => {
    it('issues, and issues again with another key', async () => {
      const { acme, publisher, host } = world();
      const published: string[] = [];
      const open = new Set<string>();
      const watched: ChallengePublisher = {
        async publish(token, keyAuthorization) {
          published.push(keyAuthorization);
          open.add(token);
          return publisher.publish(token, keyAuthorization);
        },
        async withdraw(token) {
          open.delete(token);
          await publisher.withdraw(token);
        },
      };
      const one = must(await acme.issue([host], watched));
      const two = must(await acme.issue([host], watched));
      expect(new X509Certificate(one.chain).checkHost(host)).toBe(host);
      expect(two.fingerprint).not.toBe(one.fingerprint);
      expect(two.key.reveal()).not.toBe(one.key.reveal());
      expect(one.notAfter.getTime()).toBeGreaterThan(one.notBefore.getTime());
      expect(published[0]).toContain('.');
      expect(open.size).toBe(0);
    });

    it('says why where the challenge cannot be published', async () => {
      const { acme, host } = world();
      const no = new Refusal('edge_unreachable', 'no', 'no');
      const refused = await acme.issue([`new-${host}`], {
        publish: async () => no,
        withdraw: async () => {},
      });
      expect(refused).toMatchObject({ code: 'edge_unreachable' });
    });
  });
}
