import type { MediaStorage } from '../../src/media/storage.ts';

/** The storage, where one thing does not go as it should. */
export const where = (whole: MediaStorage, broken: Partial<MediaStorage>) =>
  new Proxy(whole, {
    get(target, name) {
      const value: unknown = Reflect.get(name in broken ? broken : target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
