import js from '@eslint/js';
import prettier from 'eslint-config-prettier';
import tseslint from 'typescript-eslint';

/** Which rooms of `src/` a room may not look into: the arrows of docs/architecture.md. */
const forbidden = {
  network: [
    ...['generation', 'drop-in', 'export', 'webhooks', 'minimax', 'simulator', 'access', 'audit'],
    ...['graphql', 'database', 'config', 'logger', 'app'],
  ],
  minimax: [
    ...['generation', 'drop-in', 'export', 'webhooks', 'simulator', 'graphql', 'database'],
    ...['config', 'logger', 'app'],
  ],
  database: [
    ...['generation', 'drop-in', 'export', 'webhooks', 'minimax', 'simulator', 'graphql'],
    ...['config', 'app'],
  ],
  graphql: [
    ...['generation', 'drop-in', 'export', 'webhooks', 'minimax', 'simulator', 'database'],
    ...['config', 'app'],
  ],
  simulator: [
    'generation',
    'drop-in',
    'export',
    'webhooks',
    'graphql',
    'database',
    'config',
    'app',
  ],
  access: [
    ...['generation', 'drop-in', 'export', 'webhooks', 'minimax', 'simulator', 'audit'],
    ...['config', 'app'],
  ],
  audit: ['generation', 'drop-in', 'export', 'webhooks', 'minimax', 'simulator', 'config', 'app'],
  generation: ['simulator', 'drop-in', 'export', 'webhooks', 'config', 'app'],
  webhooks: ['generation', 'drop-in', 'export', 'minimax', 'simulator', 'config', 'app'],
  'drop-in': ['simulator', 'export', 'webhooks', 'database', 'config', 'app'],
  export: ['minimax', 'drop-in', 'simulator', 'webhooks', 'config', 'app'],
};

const cannotParse = {
  object: 'URL',
  property: 'canParse',
  message: 'On Node 20 it is wrong about letters beyond ASCII: use network/parse-url.',
};

export default tseslint.config(
  {
    ignores: [
      '**/dist',
      'data',
      'coverage',
      'src/database/generated',
      'client/generated',
      'client/examples/relay/__generated__',
      'bench/contenders/*.mjs',
    ],
  },
  js.configs.recommended,
  tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      'no-console': 'error',
      'no-restricted-properties': ['error', cannotParse],
    },
  },
  {
    files: ['src/**/*.ts'],
    ignores: [
      'src/config.ts',
      'src/main.ts',
      'src/cli/keys.ts',
      'src/cli/verify-audit.ts',
      'src/simulator/main.ts',
    ],
    rules: {
      'no-restricted-properties': [
        'error',
        cannotParse,
        { object: 'process', property: 'env', message: 'Only config reads the environment.' },
      ],
    },
  },
  ...Object.entries(forbidden).map(([room, others]) => ({
    files: [`src/${room}/**/*.ts`],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              regex: `^(\\.\\./)+(${others.join('|')})(/|\\.ts$)`,
              message: `src/${room} may not import this room (docs/architecture.md).`,
            },
          ],
        },
      ],
    },
  })),
  { files: ['scripts/**', 'bench/**'], rules: { 'no-console': 'off' } },
  {
    files: ['test/**', 'bench/**'],
    rules: {
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
    },
  },
  {
    files: ['*.js'],
    ...tseslint.configs.disableTypeChecked,
    languageOptions: {
      ...tseslint.configs.disableTypeChecked.languageOptions,
      globals: { process: 'readonly' },
    },
  },
  prettier,
);
