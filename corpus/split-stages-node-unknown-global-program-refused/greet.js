const { execFileSync } = require('child_process');
const ms = require('ms');

console.log(execFileSync('cowsay', ['hello from the farm'], { timeout: ms('20s') }).toString());
