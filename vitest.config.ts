import { configDefaults, defineConfig } from 'vitest/config'

/** Tests that start whole installations, laboratories or real servers: one file at a time, each with the machine to itself. */
const whole = 'tests/{browser,faults,journeys,servers}/**/*.test.ts'

export default defineConfig({
  test: {
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: 'forks',
    reporters: ['default', './tests/skipped-reporter.ts'],
    projects: [
      {
        extends: true,
        test: {
          name: 'parts',
          include: ['{apps,services,modules,packages,adapters,tests,scripts}/**/*.test.ts'],
          exclude: [...configDefaults.exclude, whole],
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'whole',
          include: [whole],
          testTimeout: 180_000,
          hookTimeout: 300_000,
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
})
