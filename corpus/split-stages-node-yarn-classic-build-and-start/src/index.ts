import Koa from 'koa';
import { greeting } from './greeting';

const app = new Koa();

app.use(async (ctx) => {
  ctx.body = greeting('yarn');
});

app.listen(3000);
