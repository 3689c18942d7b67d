//! How the web UI is built: one page, its scripts under names with a hash of their content, and the service worker under a
//! fixed one. What is copied as it is lies in `public/`.
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

const demo = process.env.USHER ?? 'http://127.0.0.1:8080';

export default defineConfig({
  plugins: [svelte()],
  build: {
    target: 'es2022',
    // Inlined pieces would need a laxer policy than the server sends.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: {
      input: { index: 'index.html', sw: 'src/sw.ts' },
      output: { entryFileNames: (chunk) => (chunk.name === 'sw' ? 'sw.js' : 'assets/[name]-[hash].js') },
    },
  },
  // For `npm run dev`: everything else comes from a demo.
  server: { proxy: Object.fromEntries(['/api', '/images', '/events/', '/docs'].map((path) => [path, { target: demo, ws: true, changeOrigin: true, headers: { origin: demo } }])) },
  resolve: process.env.VITEST ? { conditions: ['browser'] } : {},
  test: { environment: 'happy-dom', include: ['src/**/*.test.ts'] },
});
