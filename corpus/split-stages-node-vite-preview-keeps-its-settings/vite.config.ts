import { defineConfig } from 'vite';

export default defineConfig({
  build: { outDir: 'site' },
  preview: { host: '0.0.0.0', port: 8080 },
});
