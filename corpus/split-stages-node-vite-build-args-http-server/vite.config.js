export default { build: { rollupOptions: { output: { entryFileNames: 'app.js' } } } };
