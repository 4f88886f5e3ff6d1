import js from '@eslint/js';
import prettier from 'eslint-config-prettier';
import tseslint from 'typescript-eslint';

/** Which rooms of `src/` a room may not look into: the arrows of docs/architecture.md. */
const forbidden = {
  minimax: ['generation', 'simulator', 'graphql', 'database', 'config', 'logger', 'app'],
  database: ['generation', 'minimax', 'simulator', 'graphql', 'config', 'app'],
  graphql: ['generation', 'minimax', 'simulator', 'database', 'config', 'app'],
  simulator: ['generation', 'graphql', 'database', 'config', 'app'],
  access: ['generation', 'minimax', 'simulator', 'audit', 'config', 'app'],
  audit: ['generation', 'minimax', 'simulator', 'config', 'app'],
  generation: ['simulator', 'config', 'app'],
};

export default tseslint.config(
  { ignores: ['dist', 'data', 'coverage', 'src/database/generated', 'client/generated'] },
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
    },
  },
  {
    files: ['src/**/*.ts'],
    ignores: [
      'src/config.ts',
      'src/main.ts',
      'src/keys.ts',
      'src/verify-audit.ts',
      'src/simulator/main.ts',
    ],
    rules: {
      'no-restricted-properties': [
        'error',
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
