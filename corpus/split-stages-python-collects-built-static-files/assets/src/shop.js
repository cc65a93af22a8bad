document.title = "a shop of two languages";
