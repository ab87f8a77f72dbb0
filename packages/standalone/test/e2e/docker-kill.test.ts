import { dockerEnvironment } from "./docker-environment.ts";
import { killSuite } from "./kill-suite.ts";

// What a deploy does without the engine is cut off in process-kill.test.ts.
killSuite("docker", dockerEnvironment, ["built", "pushed", "pulling", "created", "started", "switched", "drained"]);
