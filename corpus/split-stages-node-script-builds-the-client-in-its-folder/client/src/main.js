const answer = await fetch('/tides/ebbmouth.json');
const { harbour, high } = await answer.json();
document.querySelector('#app').textContent = `${harbour}: high water at ${high.join(' and ')}`;
