import { label } from './label.js';

document.getElementById('counter').textContent = label(3);
