import { marked } from 'marked';

export function load() {
  return { entry: marked.parse('The lamp was lit at *six*.') };
}
