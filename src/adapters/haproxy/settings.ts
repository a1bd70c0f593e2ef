/** What the load balancer of one node is told once; a change of these is a reload. Times in seconds. */
export interface EdgeSettings {
  /** Directory of configuration, maps, pages and certificates; the same path inside the container. */
  readonly files: string;
  readonly sockets: { readonly admin: string; readonly master: string };
  /** `address:port`, IPv6 in brackets. */
  readonly bind: { readonly http: readonly string[]; readonly https: readonly string[] };
  /**
   * A network whose members come in at this address of the machine, where the platform alone answers; they are led to a
   * socket of its own, by which it knows where they came in.
   */
  readonly inside?: { readonly address: string; readonly subnet: string; readonly socket: string };
  /** `stdout`, or the path of a datagram socket. */
  readonly log: string;
  /** Group that may read the files: the load balancer's own. */
  readonly gid: number;
  readonly limits: EdgeLimits;
}

export interface EdgeLimits {
  /** Connections of the whole process; two descriptors each. */
  readonly connections: number;
  /** Open connections of one client (an IPv4 address or an IPv6 /64). */
  readonly clientConnections: number;
  /** New connections of one client in ten seconds. */
  readonly clientConnectionRate: number;
  /** Requests of one client in ten seconds. */
  readonly clientRequests: number;
  /** Requests of one client under way at the same time: fewer than one server takes, however many streams a connection has. */
  readonly clientConcurrent: number;
  /** Bodies of one client that stream at the same time. */
  readonly clientBodies: number;
  /** Requests of one project under way at the same time. */
  readonly projectConcurrent: number;
  /** How long an old process may finish its connections after a reload. */
  readonly hardStop: number;
}

export const DEFAULT_LIMITS: EdgeLimits = {
  connections: 8000,
  clientConnections: 200,
  clientConnectionRate: 500,
  clientRequests: 1000,
  clientConcurrent: 200,
  clientBodies: 40,
  projectConcurrent: 1500,
  hardStop: 60,
};

/** Both families on the public ports; without IPv6 on the machine HAProxy would refuse to start with the second. */
export const publicBind = (ipv6: boolean): EdgeSettings['bind'] => ({
  http: ipv6 ? ['0.0.0.0:80', '[::]:80'] : ['0.0.0.0:80'],
  https: ipv6 ? ['0.0.0.0:443', '[::]:443'] : ['0.0.0.0:443'],
});

/** The user and group of the load balancer: numeric, without a name anywhere. */
export const EDGE_UID = 65000;
