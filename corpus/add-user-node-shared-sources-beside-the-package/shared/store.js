const fs = require('fs');

const folder = '/app/shared/state';
fs.mkdirSync(folder, { recursive: true });

exports.next = () => {
  fs.appendFileSync('/app/shared/state/visits', '.');
  return fs.readFileSync('/app/shared/state/visits', 'utf8').length > 0 ? 'counted' : 'lost';
};
