let count: number = 0;

setInterval(() => console.log(++count), 30000);
