import { defineConfig } from 'vite'

export default defineConfig({
  root: 'client',
  build: {
    outDir: '../dist/client',
    emptyOutDir: true,
    // Baseline 2024: what every engine had by the end of that year.
    target: ['chrome131', 'edge131', 'firefox133', 'safari18.2'],
    // Assets stay files: under a strict Content-Security-Policy a `data:` URL is refused.
    assetsInlineLimit: 0,
    // Every browser of the target preloads modules by itself.
    modulePreload: { polyfill: false },
  },
})
