import type { SubmitRequest } from '../minimax/answers.ts';
import { paths, toSubmitBody } from '../minimax/v1/wire.ts';
import { addressed } from '../minimax/v2/wire.ts';
import { apiGenerationOf } from './models.ts';

/** The path below MiniMax's address and the fields of the body with which a request is submitted. */
export function addressedRequest(request: SubmitRequest): { path: string; body: object } {
  if (apiGenerationOf(request.model) === 2) return addressed(request);
  return { path: paths.submit, body: toSubmitBody(request) };
}
