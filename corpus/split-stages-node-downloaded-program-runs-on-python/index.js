const { execFileSync } = require('child_process');
const ms = require('ms');

console.log(execFileSync('yt-dlp', ['--version'], { timeout: ms('20s') }).toString());
