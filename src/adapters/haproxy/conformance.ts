import { describe, expect, it } from 'vitest';
import { must } from '../../kernel/refusal.ts';
import type { Edge, EdgeCertificate } from './port.ts';
import { backend, config, server, until } from './testbed.ts';

export interface EdgeWorld {
  readonly edge: Edge;
  /** Port of an app that answers its health path with 200. */
  readonly well: number;
  certificate(host: string): Promise<EdgeCertificate>;
}

/** What every load balancer promises. */
export function edgeConformance(name: string, world: () => EdgeWorld): void {
  const states = async () =>
    must(await world().edge.health())
      .map(({ slot, name: server, state }) => `${slot}/${server} ${state}`)
      .sort();

  describe(`${name} as a load balancer`, () => {
    it('tells the servers that it was given, and their health', async () => {
      const { edge, well } = world();
      must(await edge.apply(config([backend(1, [server('a', well), server('b', well, 'candidate')])])));
      expect(await states()).toEqual(['1/a ready', '1/b candidate']);
      const health = await until(
        async () => must(await edge.health()),
        (all) => all.every(({ up }) => up),
      );
      expect(health.map(({ up, check }) => ({ up, check }))).toEqual([
        { up: true, check: 'HTTP 200' },
        { up: true, check: 'HTTP 200' },
      ]);
    });

    it('changes nothing when it is told the same again', async () => {
      const { edge, well, certificate } = world();
      const wanted = config([backend(1, [server('a', well)])], {
        certificates: [await certificate('app1.localhost')],
      });
      const first = must(await edge.apply(wanted));
      expect(first.changes).toBeGreaterThan(0);
      expect(must(await edge.apply(wanted))).toMatchObject({ changes: 0, reloaded: false });
    });

    it('moves traffic: the candidate is ready, the old one drains, then it is gone', async () => {
      const { edge, well } = world();
      must(await edge.apply(config([backend(1, [server('a', well, 'draining'), server('b', well)])])));
      expect(await states()).toEqual(['1/a draining', '1/b ready']);
      const left = await until(
        async () => {
          must(await edge.apply(config([backend(1, [server('b', well)])])));
          return states();
        },
        (all) => all.length === 1,
      );
      expect(left).toEqual(['1/b ready']);
    });

    it('lets one finish that is about to end and whose address nobody knows any more, and adds none', async () => {
      const { edge, well } = world();
      const both = backend(1, [server('b', well), server('c', well)]);
      must(await edge.apply(config([both])));
      const leaving = { ...backend(1, [server('b', well)]), leaving: ['c', 'stranger'] };
      must(await edge.apply(config([leaving])));
      expect(await states()).toEqual(['1/b ready', '1/c draining']);
      must(await edge.apply(config([leaving])));
      expect(await states()).toEqual(['1/b ready', '1/c draining']);
      must(await edge.apply(config([{ ...leaving, leaving: [] }])));
      expect(await states()).toEqual(['1/b ready']);
    });

    it('reloads only when it needs more slots', async () => {
      const { edge, well } = world();
      const wanted = config([backend(1, [server('b', well)])]);
      expect(must(await edge.apply({ ...wanted, slots: 12 })).reloaded).toBe(true);
      expect(must(await edge.apply({ ...wanted, slots: 12, routes: [] })).reloaded).toBe(false);
      must(await edge.apply(wanted));
    });

    it('refuses what does not fit, and goes on as it was', async () => {
      const { edge, well } = world();
      must(await edge.apply(config([backend(1, [server('b', well)])])));
      const before = await states();
      const refused = { code: 'edge_config_refused' };
      for (const wanted of [
        config([backend(1, [server('b\nglobal', well)])]),
        config([backend(1, [])], { routes: [{ host: 'a.example', slot: 2 }] }),
        config([backend(99, [])]),
      ]) {
        expect(await edge.apply(wanted)).toMatchObject(refused);
        expect(await edge.prepare(wanted)).toMatchObject(refused);
      }
      expect(await states()).toEqual(before);
    });
  });
}
