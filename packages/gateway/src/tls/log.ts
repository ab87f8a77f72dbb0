import { createLogger } from "@homeport/kit/log.ts";

export const tlsLog = createLogger("gateway.tls");
