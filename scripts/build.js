/*
 * Builds the service into `dist`, and the console into `dist/console`. Plain JavaScript, so that it
 * begins at once.
 */
import { fileURLToPath } from 'node:url';
import { bundle } from './bundle.js';

await bundle(fileURLToPath(new URL('../dist', import.meta.url)));
await import('../console/build.js');
