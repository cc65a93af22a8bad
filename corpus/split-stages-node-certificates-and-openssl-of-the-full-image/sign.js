const fs = require('fs');
const pem = require('pem');

const trusted = fs.readFileSync(process.env.NODE_EXTRA_CA_CERTS, 'utf8').includes('BEGIN CERTIFICATE');
pem.createPrivateKey(2048, (error, made) => {
  console.log('trusted:', trusted, 'key:', !error && made.key.includes('PRIVATE KEY'));
});
