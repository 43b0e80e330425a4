import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['{apps,services,modules,packages,adapters,tests,scripts}/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: 'forks',
    reporters: ['default', './tests/skipped-reporter.ts'],
  },
})
