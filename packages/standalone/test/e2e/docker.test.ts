import { dockerEnvironment } from "./docker-environment.ts";
import { deploySuite } from "./suite.ts";

deploySuite("docker", dockerEnvironment);
