import { describe, expect, test } from '@jest/globals';
import type { Database } from '../../../src/database/database.ts';
import { GenerationUpdates } from '../../../src/generation/updates.ts';

describe('GenerationUpdates', () => {
  test('tells everyone who waits that changes may have been missed', async () => {
    const updates = new GenerationUpdates();
    let tellGap!: (deafMs: number) => void;
    const listen: Database['listen'] = (_channel, _onMessage, onGap) => {
      tellGap = onGap!;
      return Promise.resolve(() => Promise.resolve());
    };
    await updates.start({ listen });
    const waiting = new AbortController();
    const all = ['a', 'b', 'c'].map((id) => updates.changes(id, waiting.signal));
    const next = Promise.all(all.map((changes) => changes.next()));

    tellGap(100);

    expect(await next).toEqual(all.map(() => ({ done: false, value: null })));
    const later = Promise.all(all.map((changes) => changes.next()));
    waiting.abort();
    expect(await later).toEqual(all.map(() => ({ done: true, value: undefined })));
  });
});
