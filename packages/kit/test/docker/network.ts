import { run, tryRun } from "./command.ts";

/** A bridge of the daemon's own and the addresses below it: `prefix` is `10.x`, of which the bridge has `10.x.0.1`. */
export type Network = { bridge: string; prefix: string };

/** Addresses that other things on a machine seldom use. */
const SECOND_BYTES = { from: 200, to: 254 };

/**
 * Makes a bridge with a route to the outside. The daemon itself runs with --iptables=false: a second daemon that manages
 * the tables would first delete the chains of the user's.
 */
export const createNetwork = async (id: string): Promise<Network> => {
  const network = { bridge: `hpt${id}`, prefix: await freePrefix() };
  await run(["ip", "link", "add", "name", network.bridge, "type", "bridge"]);
  await run(["ip", "address", "add", `${network.prefix}.0.1/24`, "dev", network.bridge]);
  await run(["ip", "link", "set", network.bridge, "up"]);
  await Bun.write("/proc/sys/net/ipv4/ip_forward", "1"); // as every Docker daemon does
  for (const rule of rulesOf(network)) await run(["iptables", "--wait", "--table", rule.table, "--insert", ...rule.is]);
  return network;
};

/** May be called again, and for a network that was made in part. */
export const removeNetwork = async (network: Network): Promise<void> => {
  for (const rule of rulesOf(network)) {
    await tryRun(["iptables", "--wait", "--table", rule.table, "--delete", ...rule.is]);
  }
  await tryRun(["ip", "link", "delete", network.bridge]);
};

const rulesOf = ({ bridge, prefix }: Network): { table: string; is: string[] }[] => {
  const range = `${prefix}.0.0/16`;
  const mark = ["--match", "comment", "--comment", `homeport test ${bridge}`];
  return [
    {
      table: "nat",
      is: ["POSTROUTING", "--source", range, "!", "--destination", range, ...mark, "--jump", "MASQUERADE"],
    },
    { table: "filter", is: ["FORWARD", "--source", range, ...mark, "--jump", "ACCEPT"] },
    { table: "filter", is: ["FORWARD", "--destination", range, ...mark, "--jump", "ACCEPT"] },
  ];
};

const freePrefix = async (): Promise<string> => {
  const routes = await run(["ip", "-4", "route", "show", "table", "all"]);
  const { from, to } = SECOND_BYTES;
  const start = Math.floor(Math.random() * (to - from + 1));
  for (let i = 0; i <= to - from; i++) {
    const prefix = `10.${from + ((start + i) % (to - from + 1))}`;
    if (!routes.includes(` ${prefix}.`) && !routes.includes(`\n${prefix}.`)) return prefix;
  }
  throw new Error(`Every network from 10.${from}.0.0 to 10.${to}.0.0 is in use.`);
};
