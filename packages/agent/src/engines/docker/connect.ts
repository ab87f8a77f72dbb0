import Docker from "dockerode";
import type { Endpoint } from "./endpoint.ts";

export const connect = (endpoint: Endpoint): Docker =>
  endpoint.kind === "unix"
    ? new Docker({ socketPath: endpoint.socketPath })
    : new Docker({ host: endpoint.host, port: endpoint.port, protocol: "http" });
