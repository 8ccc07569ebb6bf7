import tseslint from 'typescript-eslint';

export default tseslint.config(
  {
    ignores: [
      '**/node_modules/',
      '.data/',
      '**/dist/',
      '**/*.generated.ts',
      'sdk/assembly/',
      'sdk/docs/',
      'clients/typescript/',
      '**/*.js',
      '**/*.mjs',
      '**/*.cjs',
    ],
  },
  ...tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/require-await': 'off',
      // Interfaces here describe plain objects of functions, written in the method form and taken apart freely.
      '@typescript-eslint/unbound-method': 'off',
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-console': 'error',
    },
  },
  {
    // Cores are pure: clock, chance, environment and waiting are handed in. What they may import is in .dependency-cruiser.cjs.
    files: ['**/core/**/*.ts', 'domain/**/*.ts'],
    ignores: ['**/*.test.ts', '**/testing/**'],
    rules: {
      'no-restricted-globals': [
        'error',
        ...['process', 'performance', 'crypto', 'fetch', 'setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask'],
      ],
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: 'Hand the clock in.' },
        { object: 'Math', property: 'random', message: 'Hand the randomness in.' },
        ...['process', 'performance', 'crypto', 'Date', 'Math'].map((property) => ({ object: 'globalThis', property })),
      ],
      'no-restricted-syntax': [
        'error',
        { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: 'Hand the clock in.' },
        { selector: "CallExpression[callee.name='Date']", message: 'Hand the clock in.' },
        { selector: 'ImportExpression', message: 'A core loads nothing by itself.' },
      ],
    },
  },
  { files: ['cli/**', 'bench/**', 'local/start/**', 'schemas/*.ts'], rules: { 'no-console': 'off' } },
);
