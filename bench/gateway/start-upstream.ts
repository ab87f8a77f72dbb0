import { join } from "node:path";
import { freePort } from "../../packages/gateway/test/gateway-process.ts";
import { PATHS } from "./answers.ts";
import type { Bed } from "./bed.ts";
import type { Upstream } from "./target.ts";

export const startUpstream = async (bed: Bed): Promise<Upstream> => {
  const port = await freePort();
  const otherPort = await freePort();
  const socketPath = join(bed.dir, "upstream.sock");
  const script = join(import.meta.dir, "upstream.ts");
  const started = bed.start("upstream", [process.execPath, script, String(port), String(otherPort), socketPath]);
  await bed.untilReady("The upstream", started, async () => {
    const response = await fetch(`http://localhost${PATHS.who}`, { unix: socketPath });
    return (await response.text()) === "unix";
  });
  return { port, otherPort, socketPath, direct: { name: "direct", pid: started.pid, port, host: "localhost" } };
};
