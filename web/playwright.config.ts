import { existsSync } from 'node:fs'
import { defineConfig } from '@playwright/test'
import type { Options } from './browser/fixtures'

// A Postgres server of `scripts/with-postgres`.
const postgres = process.env.HEADWATER_TEST_POSTGRES

// Debian's Chromium, as scripts/setup installs it.
const chromium = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find((path) => existsSync(path))

export default defineConfig<object, Options>({
  testDir: 'browser',
  outputDir: 'browser/results',
  // Two cores, of which each test's server needs its part.
  workers: 2,
  timeout: 120_000,
  expect: { timeout: 10_000 },
  forbidOnly: !!process.env.CI,
  reporter: [['list']],
  use: {
    launchOptions: { executablePath: chromium, args: ['--no-sandbox', '--disable-gpu'] },
    viewport: { width: 1440, height: 900 },
    actionTimeout: 20_000,
    navigationTimeout: 20_000,
    permissions: ['clipboard-read', 'clipboard-write'],
    screenshot: 'only-on-failure',
    // Costs more than the tests themselves: for who looks for a fault.
    trace: process.env.TRACE ? 'on' : 'off',
  },
  // Everything on the embedded database; on Postgres, where there is one, the whole story once more, and what is loaded
  // into it.
  projects: [
    { name: 'embedded', testIgnore: 'syncs.spec.ts' },
    ...(postgres
      ? [{ name: 'postgres', testMatch: ['story.spec.ts', 'syncs.spec.ts'], use: { postgres } }]
      : []),
  ],
})
