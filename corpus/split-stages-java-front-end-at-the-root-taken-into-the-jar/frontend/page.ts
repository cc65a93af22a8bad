const goods: string[] = ["tea", "salt", "rope"];

document.body.textContent = `we sell ${goods.join(", ")}`;
