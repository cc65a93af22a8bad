const fs = require('fs');
const currencies = require('./currencies.json');

fs.writeFileSync(`${__dirname}/table.json`, JSON.stringify(Object.fromEntries(currencies)));
