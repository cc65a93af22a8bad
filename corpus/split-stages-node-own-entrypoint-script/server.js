const express = require('express');

const app = express();

app.get('/', (req, res) => res.send(`${process.env.GREETING} from the script`));

app.listen(3000);
