const next = document.querySelector<HTMLParagraphElement>('#next');

if (next) {
  next.title = new Date().toISOString();
}
