import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

// During development the server's own paths go to a Headwater that runs beside this.
const server = process.env.HEADWATER_URL ?? 'http://127.0.0.1:8080'

// The frame, the kit and the libraries below them.
const BASE =
  /vite\/preload-helper|\/src\/(api|kit|shell)\/(?!palette|shortcuts\.tsx|proof-dialog)|\/node_modules\/(react|react-dom|scheduler|react-aria|react-stately|react-aria-components|react-hook-form|clsx|use-sync-external-store|@react-aria|@react-stately|@internationalized|openapi-fetch|valibot|@tanstack\/(history|query-core|react-query|react-router|react-store|router-core|store))\//

export default defineConfig({
  plugins: [react()],
  // The server puts a fresh nonce in its place at every request.
  html: { cspNonce: '%HEADWATER_NONCE%' },
  build: {
    target: 'es2023',
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    chunkSizeWarningLimit: 700,
    // What every page needs is one file and not thirty small ones: a browser fetches six at a time.
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [{ name: 'base', test: BASE }],
        },
      },
    },
  },
  server: {
    proxy: Object.fromEntries(['/api', '/v1', '/analytics.js'].map((path) => [path, { target: server }])),
  },
})
