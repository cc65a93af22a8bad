document.title = "new";
