module.exports = {
  apps: [{ name: 'web', script: './server.js', instances: 1, env: { PORT: 3000 } }],
};
