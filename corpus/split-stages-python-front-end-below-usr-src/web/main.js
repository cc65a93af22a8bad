document.title = 'built below usr/src';
