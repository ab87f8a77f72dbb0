import type { Handlers } from "@homeport/kit/http/api.ts";
import type { contract } from "../contract.ts";
import type { TrafficDeps } from "../service/deps.ts";
import { readTraffic } from "../service/read-traffic.ts";
import { toTrafficView } from "./to-wire.ts";

export const statusHandler =
  (deps: TrafficDeps): Handlers<typeof contract.status> =>
  async () =>
    toTrafficView(await readTraffic(deps));
