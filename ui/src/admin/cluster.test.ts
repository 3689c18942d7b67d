//! What changed in a cluster is told once, and figures are read from the text for Prometheus.
import { expect, test } from 'vitest';
import type { Schemas } from '../api/client';
import { changes, figuresOf } from './cluster';

const node = (id: string, voter = true) => ({ id, voter, role: 'follower', address: `${id}:1`, public_url: `http://${id}/` });
const cluster = (leader: string | null, nodes = [node('a'), node('b')]) => ({ leader, nodes, term: 4 }) as unknown as Schemas['Cluster'];
const none = new Set<string>();
const keys = (...of: Parameters<typeof changes>) => changes(...of).map((change) => [change.key, change.values.node]);

test('figures', () => {
  expect(figuresOf('# x\nusher_live_sockets 7\nusher_http_requests_total{route="read",status="200"} 4\nusher_http_requests_total{route="change",status="201"} 38\n')).toEqual({ sockets: 7, requests: 42 });
});
test('nothing new is nothing', () => expect(keys(cluster('a'), cluster('a'), none, none, '')).toEqual([]));
test('leaders come and go', () => {
  expect(keys(cluster('a'), cluster('b'), none, none, '')).toEqual([['change.leader', 'b']]);
  expect(keys(cluster('a'), cluster(null), none, none, '')).toEqual([['change.no.leader', undefined]]);
});
test('so do nodes', () => {
  expect(keys(cluster('a'), cluster('a', [node('a'), node('c', false)]), none, new Set(['a']), '')).toEqual([['change.silent', 'a'], ['change.added', 'c'], ['change.removed', 'b']]);
  expect(keys(cluster('a', [node('a', false)]), cluster('a', [node('a')]), new Set(['a']), none, '')).toEqual([['change.promoted', 'a'], ['change.answers', 'a']]);
});
