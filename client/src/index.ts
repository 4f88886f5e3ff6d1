export * from '../generated/graphql.ts';
export * from './client.ts';
export * from './errors.ts';
export type { TypedDocument } from './http.ts';
export type { UploadedMedia, UploadOptions } from './upload.ts';
export { VideoRun, type FinishedVideo, type GenerationState } from './video-run.ts';
