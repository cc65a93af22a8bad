export const fahrenheit = (celsius: number): number => Math.round(celsius * 1.8 + 32);
