import { createLogger } from "@homeport/kit/log.ts";

export const log = createLogger("gateway");
export const tableLog = createLogger("gateway.table");
export const proxyLog = createLogger("gateway.proxy");
