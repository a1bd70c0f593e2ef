import { expect, test } from 'vitest';
import { parseWrk } from './wrk.ts';

const OUTPUT = `Running 2s test @ https://app1.bench.test:9443/
  1 threads and 50 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     2.36ms    3.85ms  79.55ms   93.51%
    Req/Sec    29.80k     4.41k   38.95k    68.42%
  Latency Distribution
     50%  950.00us
     75%    2.18ms
     90%    5.53ms
     99%    1.18s ${''}
  56429 requests in 1.91s, 12.32MB read
  Socket errors: connect 0, read 2, write 0, timeout 1
  Non-2xx or 3xx responses: 4
Requests/sec:  29521.10
Transfer/sec:      6.45MB
`;

test('throughput, latency in milliseconds and every kind of error', () => {
  expect(parseWrk(OUTPUT)).toEqual({
    requests: 56429,
    requestsPerSecond: 29521.1,
    p50: 0.95,
    p99: 1180,
    errors: 7,
  });
});

test('no measurement is no zero', () => {
  expect(() => parseWrk('unable to connect to localhost:1 Connection refused')).toThrow('refused');
  expect(() => parseWrk('Requests/sec:      0.00\n')).toThrow();
});
