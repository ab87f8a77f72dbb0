import { steadySuite } from "./steady-suite.ts";

steadySuite("process", async () => ({}));
