import { createLogger } from "@homeport/kit/log.ts";

export const log = createLogger("settings");
