const escape = require('escape-html');

process.stdout.write(`<p>${escape(process.argv[2])}</p>`);
