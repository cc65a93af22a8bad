document.title="old";
