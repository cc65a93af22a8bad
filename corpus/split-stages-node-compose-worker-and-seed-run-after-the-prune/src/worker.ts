import { letters } from "./letters";

setInterval(() => console.log(`still ${letters.length}`), 30000);
