/** A process that opens an engine, starts one replica, says so and then waits to be killed. */

import { DesiredReplica } from "@homeport/clusters/contract.ts";
import { Secret } from "@homeport/kit/secret.ts";
import { z } from "zod";
import { type EngineOptions, openEngine } from "./engine-options.ts";

const Task = z.object({ options: z.custom<EngineOptions>(), replica: DesiredReplica, password: z.string() });
const { options, replica, password } = Task.parse(await Bun.stdin.json());

const engine = await openEngine(options);
process.stdout.write("opened\n");
await engine.pull(replica.image, { username: "agent", password: new Secret(password) }, AbortSignal.timeout(60_000));
await engine.start(replica);
process.stdout.write("started\n");
setInterval(() => {}, 60_000);
