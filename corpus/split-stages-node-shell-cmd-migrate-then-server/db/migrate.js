const fs = require('fs');

fs.mkdirSync('data', { recursive: true });
fs.writeFileSync('data/ledger.json', JSON.stringify({ version: 3, entries: [] }));
console.log('migrated to version 3');
