import { isRefusal, type Refusal } from '../../kernel/refusal.ts';
import { makeMemoryPki } from '../pki/memory.ts';
import type { Acme } from './port.ts';

export interface MemoryAcme extends Acme {
  /** Hosts that were asked for, in order. */
  readonly asked: readonly string[];
  /** What the next orders end with; undefined again for certificates. */
  refuse(refusal: Refusal | undefined): void;
}

/** A public authority that lives in this process. */
export function makeMemoryAcme(): MemoryAcme {
  const pki = makeMemoryPki('public');
  const asked: string[] = [];
  let refusal: Refusal | undefined;
  return {
    asked,
    refuse(with_) {
      refusal = with_;
    },
    async issue(hosts, publisher) {
      asked.push(...hosts);
      const token = `token-${asked.length}`;
      const published = await publisher.publish(token, `${token}.thumb`);
      await publisher.withdraw(token);
      if (isRefusal(published)) return published;
      if (refusal) return refusal;
      const leaf = await pki.issue({ commonName: hosts[0]!.slice(0, 64), hosts, usage: 'server', days: 90 });
      return isRefusal(leaf) ? leaf : { ...leaf, chain: leaf.certificate };
    },
  };
}
