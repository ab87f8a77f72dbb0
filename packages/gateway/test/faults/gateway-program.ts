/** A gateway process whose config is its first argument, as JSON: the environment has no names for time limits. */
import { type GatewayConfig, startGateway } from "../../src/index.ts";

const [, , json = "{}"] = process.argv;
const gateway = await startGateway(JSON.parse(json) as GatewayConfig);
process.on("SIGTERM", () => void gateway.stop().then(() => process.exit(0)));
process.send?.({ port: gateway.port });
