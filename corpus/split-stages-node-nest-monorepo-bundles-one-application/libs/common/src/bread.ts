export const loaf = (count: number): string => (count === 1 ? 'one loaf' : `${count} loaves`);
