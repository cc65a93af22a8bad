const Koa = require('koa');
const { welcome } = require('./lib/messages');

const app = new Koa();

app.use(async (ctx) => {
  ctx.body = welcome('guest');
});

app.listen(5000);
