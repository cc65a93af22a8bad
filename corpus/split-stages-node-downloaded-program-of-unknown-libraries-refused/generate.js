const { spawnSync } = require('child_process');
const ms = require('ms');

// an empty request: the plugin reads it and answers
const { status } = spawnSync('protoc-gen-grpc-java', { input: '', timeout: ms('20s') });
console.log(`the plugin ended with ${status}`);
