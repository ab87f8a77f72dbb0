import { crashSuite } from "./crash-suite.ts";
import { dockerEnvironment } from "./docker-environment.ts";

crashSuite("docker", dockerEnvironment);
