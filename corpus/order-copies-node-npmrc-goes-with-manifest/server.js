const http = require('http');
const React = require('react');
const { renderToString } = require('react-dom/server');
const { useSyncExternalStore } = require('use-sync-external-store/shim');

function Card() {
  const name = useSyncExternalStore(() => () => {}, () => 'Ada', () => 'Ada');
  return React.createElement('b', null, name);
}

http.createServer((req, res) => res.end(renderToString(React.createElement(Card)))).listen(3000);
