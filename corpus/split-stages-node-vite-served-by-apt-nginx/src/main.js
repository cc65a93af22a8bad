document.querySelector('#app').textContent = 'brochure';
