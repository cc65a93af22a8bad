import { loaf } from '@app/common';

console.log(`a letter about ${loaf(1)}`);
