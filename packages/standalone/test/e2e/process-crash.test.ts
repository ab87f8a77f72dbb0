import { crashSuite } from "./crash-suite.ts";

crashSuite("process", async () => ({}));
