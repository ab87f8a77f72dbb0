import { join } from "node:path";
import { freePort } from "../../packages/gateway/test/gateway-process.ts";
import { PATHS } from "./answers.ts";
import type { Bed, Started } from "./bed.ts";
import type { Program } from "./packages.ts";
import { caddyConfig, haproxyConfig, nginxConfig, type PeerPorts } from "./peer-configs.ts";
import type { Target, Targets, Upstream } from "./target.ts";

export type PeerTargets = Pick<Targets, "nginx" | "haproxy" | "caddy" | "nginxUnix" | "haproxyUnix">;

/** nginx, haproxy and caddy in the foreground, one core each, with nothing of the machine's own configuration. */
export const startPeers = async (
  bed: Bed,
  programs: Record<Program, string>,
  upstream: Upstream,
): Promise<PeerTargets> => {
  const nginxPorts = await freePorts();
  const nginxFile = join(bed.dir, "nginx.conf");
  await Bun.write(nginxFile, nginxConfig(bed.dir, nginxPorts, upstream, process.getuid?.() === 0));
  const nginx = bed.start("nginx", [programs.nginx, "-p", bed.dir, "-e", "stderr", "-c", nginxFile]);

  const haproxyPorts = await freePorts();
  const haproxyFile = join(bed.dir, "haproxy.cfg");
  await Bun.write(haproxyFile, haproxyConfig(haproxyPorts, upstream));
  const haproxy = bed.start("haproxy", [programs.haproxy, "-db", "-q", "-f", haproxyFile]);

  const caddyPorts = await freePorts();
  const caddyFile = join(bed.dir, "Caddyfile");
  await Bun.write(caddyFile, caddyConfig(caddyPorts, upstream));
  const caddyArgv = [programs.caddy, "run", "--adapter", "caddyfile", "--config", caddyFile];
  const caddy = bed.start("caddy", caddyArgv, { GOMAXPROCS: "1" });

  const target = async (name: string, started: Started, port: number): Promise<Target> => {
    await bed.untilReady(name, started, async () => (await fetch(`http://127.0.0.1:${port}${PATHS.who}`)).ok);
    return { name, pid: started.pid, port, host: "bench.localhost" };
  };
  return {
    nginx: await target("nginx", nginx, nginxPorts.tcp),
    nginxUnix: await target("nginx, unix", nginx, nginxPorts.unix),
    haproxy: await target("haproxy", haproxy, haproxyPorts.tcp),
    haproxyUnix: await target("haproxy, unix", haproxy, haproxyPorts.unix),
    caddy: await target("caddy", caddy, caddyPorts.tcp),
  };
};

const freePorts = async (): Promise<PeerPorts> => ({ tcp: await freePort(), unix: await freePort() });
