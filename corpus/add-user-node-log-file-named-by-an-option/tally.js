const log4js = require('log4js');

log4js.configure({
  appenders: { file: { type: 'file', filename: 'logs/tally.log' } },
  categories: { default: { appenders: ['file'], level: 'info' } },
});
log4js.getLogger().info('counted');
log4js.shutdown(() => {
  const [line] = require('fs').readFileSync('logs/tally.log', 'utf8').split('\n');
  console.log('logged:', line.endsWith('counted'));
});
