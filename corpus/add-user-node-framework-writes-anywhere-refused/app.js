require('apostrophe')({
  shortName: 'magazine',
  root: module,
  baseUrl: 'http://localhost:3000'
});
