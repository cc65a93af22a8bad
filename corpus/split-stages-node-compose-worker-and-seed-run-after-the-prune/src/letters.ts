export const letters: string[] = ["first", "second"];
