import { deploySuite } from "./suite.ts";

deploySuite("process", async () => ({}));
