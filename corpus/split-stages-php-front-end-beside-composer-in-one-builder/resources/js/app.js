document.querySelector('#now').textContent = new Date().toISOString();
