import { describe, expect, test } from '@jest/globals';
import { changesOf, restOfDetail } from '../../../console/src/parts/changes.ts';

const event = { fromStatus: null, toStatus: null, objectId: null, detail: null };

describe('what an event changed', () => {
  test('is the status, from and to', () => {
    expect(changesOf({ ...event, fromStatus: 'QUEUED', toStatus: 'SUBMITTING' })).toEqual([
      { name: 'State', before: 'Queued', after: 'Sending' },
    ]);
    expect(changesOf({ ...event, toStatus: 'QUEUED' })).toEqual([
      { name: 'State', before: null, after: 'Queued' },
    ]);
    expect(changesOf({ ...event, fromStatus: 'PROCESSING', toStatus: 'PROCESSING' })).toEqual([]);
  });

  test('is what its detail has both of; the rest is told beside', () => {
    const rotated = {
      ...event,
      objectId: 'new-id',
      detail: JSON.stringify({
        ...{ prefix: 'rk_1', oldKeyId: 'old-id', oldKeyExpiresAt: '2026-12-01T00:00:00Z' },
        ...{ oldUrl: 'https://a.example', url: 'https://b.example', tenant: null },
      }),
    };
    expect(changesOf(rotated)).toEqual([
      { name: 'key id', before: 'old-id', after: 'new-id' },
      { name: 'url', before: 'https://a.example', after: 'https://b.example' },
    ]);
    expect(restOfDetail(rotated)).toBe(
      'prefix: rk_1 · old key expires at: 2026-12-01T00:00:00Z · tenant: null',
    );
  });

  test.each([[null], ['not JSON'], ['[]'], ['7'], ['{"older":"x","old":"y"}']])(
    'is nothing where detail is %j',
    (detail) => {
      expect(changesOf({ ...event, detail })).toEqual([]);
    },
  );

  test('hides no detail that cannot be read', () => {
    expect(restOfDetail({ ...event, detail: 'not JSON' })).toBe('not JSON');
    expect(restOfDetail(event)).toBe('');
  });
});
