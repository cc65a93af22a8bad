const fs = require('fs');
const path = require('path');

const config = path.join(__dirname, '..', 'config');
const menu = JSON.parse(fs.readFileSync(path.join(config, 'menu.json'), 'utf8'));

fs.writeFileSync(path.join(config, 'menu.sorted.json'), JSON.stringify(menu.sort()));
