const wares: string[] = ["apples", "pears"];
document.title = `we sell ${wares.join(" and ")}`;
