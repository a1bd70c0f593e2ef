import type { Gateway, GatewayConfig, GatewayRoute } from './port.ts';

/** A gateway without a wire: who may come in, and whose session would have been ended. */
export interface MemoryGateway extends Gateway {
  readonly routes: readonly GatewayRoute[];
  readonly running: boolean;
  /** Opens a session as a client would; false where it is not let in. */
  enter(user: string, source: string): boolean;
  readonly sessions: readonly string[];
}

export function makeMemoryGateway(): MemoryGateway {
  let config: GatewayConfig | undefined;
  let sessions: string[] = [];
  const routes = () => config?.routes ?? [];
  return {
    get routes() {
      return routes();
    },
    get running() {
      return routes().length > 0;
    },
    get sessions() {
      return sessions;
    },
    enter(user, source) {
      const let_in = routes().some((route) => route.user === user && route.source === source);
      if (let_in) sessions.push(user);
      return let_in;
    },
    apply(next) {
      const changed = JSON.stringify(next.routes) !== JSON.stringify(routes());
      config = next;
      sessions = sessions.filter((user) => routes().some((route) => route.user === user));
      return Promise.resolve({ changed });
    },
  };
}
