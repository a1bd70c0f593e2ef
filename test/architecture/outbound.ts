import ts from 'typescript';
import { sources } from './graph.ts';
import { importsOf, lineOf, nodes, parse, type Tree } from './source.ts';

const MODULES = /^(node:)?(http|https|http2|net|tls|dgram)$/;
const CLIENTS = /^(undici|axios|got|node-fetch|ws)(\/|$)/;
/** What makes a connection; servers, types and questions about addresses are something else. */
const CONNECTS = new Set(['request', 'get', 'connect', 'createConnection', 'Agent', 'Socket', 'TLSSocket']);

/** The one way out, and who needs none: what each of the others speaks to, which nobody outside can name. */
const MAY: Readonly<Record<string, string>> = {
  'src/adapters/outbound/outbound.ts': 'the one way out',
  'src/adapters/docker/client.ts': 'the engine’s unix socket',
  'src/adapters/haproxy/socket.ts': 'the edge’s unix socket',
  'src/adapters/openssh/banner.ts': 'a port of this machine, to see whether sshd answers',
  'src/capabilities/nodes/system/api.ts': 'the API’s unix socket',
  'src/capabilities/nodes/system/registry.ts': 'the registry at the internal address, by its own certificate',
  'src/adapters/registry/http.ts': 'the registry at the internal address, by its own certificate',
  'src/adapters/registry/client.ts': 'the registry at the internal address, by its own certificate',
  'src/adapters/mysql-relay/gateway.ts': 'the relay’s unix socket',
  'src/adapters/mysql-relay/backend.ts':
    'databases at the internal address, from routes that the agent wrote',
  'src/adapters/mysql-relay/handshake.ts': 'a connection that came in',
  'src/adapters/mysql-relay/relay.ts': 'a connection that came in',
  'src/adapters/relay/relay.ts': 'the API’s unix socket',
  'src/adapters/syslog/client.ts':
    'a log server that an operator named: TLS and not HTTP, looked up and judged by adapters/outbound',
  'src/api/agents.ts': 'a connection that came in',
  'src/api/stream.ts': 'a connection that came in',
  'src/cli/client.ts': 'a person’s own machine: the server that he named',
  'src/adapters/vault/client.ts': 'the vault that an operator named, by the certificate that he saw',
  'src/adapters/restic/reach.ts': 'the vault that an operator named, by the certificate that he saw',
  'src/main/agent/vault-attacks.ts': 'the vault that an operator named, by the certificate that he saw',
  'src/vault/store.ts': 'the vault’s own store, on the vault’s own machine',
  'src/cli/transport.ts': 'a person’s own machine: the server that he named',
};

const calls = (path: string, text: string): string[] => {
  const file = parse(path, text);
  return [...nodes(file)]
    .filter(
      (node) =>
        (ts.isCallExpression(node) && /^(globalThis\.)?fetch$/.test(node.expression.getText())) ||
        (ts.isNewExpression(node) && /^(WebSocket|EventSource)$/.test(node.expression.getText())),
    )
    .map((node) => `${path}:${lineOf(file, node)} calls ${node.getText().split('(')[0]}`);
};

/** An address that somebody else chose leads to where he likes; one place judges where it leads. */
export const onlyOneWayOut = (tree: Tree): string[] =>
  sources(tree, 'src')
    .filter(([path]) => !(path in MAY))
    .flatMap(([path, text]) => [
      ...calls(path, text),
      ...importsOf(path, text)
        .filter(
          ({ specifier, names, typeOnly }) =>
            !typeOnly &&
            (CLIENTS.test(specifier) ||
              (MODULES.test(specifier) && (names.length === 0 || names.some((name) => CONNECTS.has(name))))),
        )
        .map(
          (one) =>
            `${path}:${one.line} imports ${one.names.filter((n) => CONNECTS.has(n))} of ${one.specifier}`,
        ),
    ]);
