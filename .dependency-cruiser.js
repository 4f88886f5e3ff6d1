/**
 * What `npm run lint` holds of the picture in docs/architecture.md: no circles of imports, those of
 * types counted (ESLint's rules for circles pass over them), and arrows that point one way.
 */

/** The rooms of `src/`, each with those that it may look into. */
const mayImport = {
  network: [],
  minimax: ['network'],
  'minimax/v1': ['minimax', 'network'],
  'minimax/v2': ['minimax', 'network'],
  upstream: ['minimax', 'minimax/v1', 'minimax/v2'],
  simulator: ['minimax/v1', 'minimax/v2', 'network', 'simulator/v1', 'simulator/v2'],
  'simulator/v1': ['minimax/v1', 'network', 'simulator'],
  'simulator/v2': ['minimax/v2', 'network', 'simulator'],
  database: [],
  graphql: ['network'],
  pages: [],
  access: ['database', 'graphql'],
  audit: ['access', 'database', 'graphql'],
  webhooks: ['access', 'audit', 'database', 'graphql', 'network'],
  generation: ['access', 'audit', 'database', 'graphql', 'minimax', 'network', 'upstream'],
  'generation/finding': ['database', 'generation', 'graphql'],
  'generation/live': ['access', 'database', 'generation', 'generation/finding', 'graphql'],
  submission: [
    ...['access', 'audit', 'database', 'following', 'generation', 'generation/api', 'graphql'],
    ...['minimax', 'minimax/v1', 'network', 'upstream'],
  ],
  following: ['audit', 'database', 'generation', 'graphql', 'minimax', 'network', 'upstream'],
  'generation/api': [
    ...['access', 'audit', 'database', 'following', 'generation', 'generation/finding'],
    ...['generation/live', 'graphql', 'minimax', 'minimax/v1', 'upstream'],
  ],
  media: [
    ...['access', 'audit', 'database', 'following', 'generation', 'generation/api', 'graphql'],
    ...['minimax', 'minimax/v2', 'network', 'upstream'],
  ],
  'media/inputs': ['access', 'audit', 'database', 'graphql', 'media', 'minimax', 'network'],
  files: [
    ...[
      'access',
      'audit',
      'database',
      'generation',
      'graphql',
      'minimax',
      'minimax/v2',
      'upstream',
    ],
  ],
  'drop-in': [
    ...['access', 'audit', 'database', 'drop-in/v1', 'drop-in/v2', 'files', 'following'],
    ...['generation', 'graphql', 'minimax', 'minimax/v1', 'minimax/v2', 'network'],
  ],
  'drop-in/v1': [
    ...['access', 'drop-in', 'generation', 'graphql', 'minimax', 'minimax/v1', 'upstream'],
  ],
  'drop-in/v2': [
    ...['access', 'database', 'drop-in', 'following', 'generation', 'graphql', 'minimax'],
    ...['minimax/v2', 'upstream'],
  ],
  export: ['access', 'audit', 'database', 'generation/api', 'generation/finding', 'graphql'],
  settings: ['access', 'config.ts'],
  cli: ['access', 'audit', 'database', 'graphql', 'config.ts'],
};

/** The files of a room, without those of the rooms within it. */
const filesOf = (room) => (room.endsWith('.ts') ? `^src/${room}$` : `^src/${room}/[^/]+$`);

export default {
  forbidden: [
    {
      name: 'no-circles',
      comment:
        'A type that several files share lies in the lowest of them, or in a file of its own.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    ...Object.entries(mayImport).map(([room, others]) => ({
      name: `arrows-of-${room.replace('/', '-')}`,
      comment: `src/${room} looks into other rooms than docs/architecture.md says.`,
      severity: 'error',
      from: { path: filesOf(room) },
      to: {
        path: '^src/',
        pathNot: [
          ...[room, ...others, 'logger.ts', 'root.ts'].map(filesOf),
          ...(others.includes('database') ? ['^src/database/generated/'] : []),
          ...(room === 'database' ? ['^src/database/'] : []),
        ],
      },
    })),
    {
      name: 'wiring-is-for-wiring',
      comment:
        "A feature's parts are put together by its wiring.ts, which only features.ts and other wiring use.",
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/features\\.ts$', '/wiring\\.ts$'] },
      to: { path: '/wiring\\.ts$' },
    },
    {
      name: 'every-room-is-known',
      comment:
        'A new room of src/ has its line in .dependency-cruiser.js and in docs/architecture.md.',
      severity: 'error',
      from: {
        path: '^src/.+/',
        pathNot: [...Object.keys(mayImport).map(filesOf), '^src/database/generated/'],
      },
      to: {},
    },
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: ['node_modules', '^src/database/generated'] },
    exclude: { path: 'node_modules' },
  },
};
