document.querySelector('#app').textContent = 'draft';
