const Koa = require('koa');

new Koa().use((ctx) => { ctx.body = 'better late'; }).listen(3000);
