const ms = require('ms');

console.log('an hour is', ms('1h'));
