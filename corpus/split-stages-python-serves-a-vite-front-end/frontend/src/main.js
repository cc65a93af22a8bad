fetch("/api/greeting")
  .then((answer) => answer.json())
  .then((greeting) => document.getElementById("greeting").append(` says ${greeting.text}`));
