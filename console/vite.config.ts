import { defineConfig } from 'vite';

/** The service that `npm run dev:console` asks. */
const service = 'http://localhost:4000';

export default defineConfig({
  base: '/console/',
  build: {
    target: 'es2022',
    // For the test that weighs the first page.
    manifest: true,
    // The content security policy lets no inline script through, and data URLs as images only.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    chunkSizeWarningLimit: 1_000,
    rolldownOptions: {
      // Nothing is rendered on a server here, whatever each file of a library says about it.
      onwarn: (warning, warn) => {
        if (warning.code !== 'MODULE_LEVEL_DIRECTIVE') warn(warning);
      },
    },
  },
  server: {
    proxy: {
      '/graphql': { target: service, ws: true },
      '/simulator': service,
      '/exports': service,
      '/console/sign-in.json': service,
      '/console/token': service,
    },
  },
});
