import { dockerEnvironment } from "./docker-environment.ts";
import { steadySuite } from "./steady-suite.ts";

steadySuite("docker", dockerEnvironment);
