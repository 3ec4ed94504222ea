import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

// During development the server's own paths go to a Headwater that runs beside this.
const server = process.env.HEADWATER_URL ?? 'http://127.0.0.1:8080'

export default defineConfig({
  plugins: [react()],
  // The server puts a fresh nonce in its place at every request.
  html: { cspNonce: '%HEADWATER_NONCE%' },
  build: { target: 'es2023', assetsInlineLimit: 0, reportCompressedSize: false },
  server: {
    proxy: Object.fromEntries(['/api', '/v1', '/analytics.js'].map((path) => [path, { target: server }])),
  },
})
