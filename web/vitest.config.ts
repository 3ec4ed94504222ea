import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    projects: [
      // Functions share one worker; what is drawn gets a document of its own for each file.
      { test: { name: 'functions', environment: 'node', isolate: false, include: ['src/**/*.test.ts'] } },
      { test: { name: 'components', environment: 'happy-dom', include: ['src/**/*.test.tsx'] } },
    ],
  },
})
