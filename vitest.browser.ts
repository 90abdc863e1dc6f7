import { existsSync, globSync, readFileSync } from 'node:fs'
import { playwright } from '@vitest/browser-playwright'
import { defaultClientConditions } from 'vite'
import { defineConfig } from 'vitest/config'
import { chromiumFlags } from './scripts/chromium-flags.ts'

const setup = './browser/setup.ts'

// Tests of the core that read files or spawn processes stay outside the browser.
const platformTests = globSync('packages/core/src/**/*.test.ts').filter((file) =>
  /from ['"]node:/.test(readFileSync(file, 'utf8')),
)

export default defineConfig({
  resolve: { conditions: ['@tautline/source', ...defaultClientConditions] },
  test: {
    include: ['browser/**/*.test.ts', 'packages/core/src/**/*.test.ts'],
    exclude: ['**/node_modules/**', ...platformTests],
    isolate: false,
    testTimeout: 20_000,
    hookTimeout: 60_000,
    ...(existsSync(setup) ? { globalSetup: setup } : {}),
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      provider: playwright({
        launchOptions: {
          executablePath: process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium',
          args: [...chromiumFlags],
        },
      }),
      instances: [{ browser: 'chromium' }],
    },
  },
})
