export const label = (count) => `counted ${count} times`;
