process.title = 'greet';
