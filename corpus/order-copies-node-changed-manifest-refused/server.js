const express = require('express');

const app = express();

app.get('/', (req, res) => res.send(`release ${require('./package.json').version}`));

app.listen(3000);
