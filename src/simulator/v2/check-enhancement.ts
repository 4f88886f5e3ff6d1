import { asObject, checkCreate, type Create } from './check-create.ts';

/** The part of a body that asks for a better prompt, or what follows "invalid params, " (V2 §8). */
export function checkEnhancement(body: unknown, nowSeconds: number): Create | string {
  const fields = asObject(body);
  if (!fields) return 'the body must be a JSON object';
  if (fields['model'] !== 'MiniMax-H3') {
    return 'this model is not supported by /v2/h3_context_ir';
  }
  // The rules are those of a video, whatever its resolution.
  const create = checkCreate({ ...fields, resolution: '768P' }, nowSeconds);
  return typeof create === 'string' ? create : { ...create, kind: 'h3_context_ir' };
}
