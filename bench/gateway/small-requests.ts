import { report } from "../report.ts";
import { PATHS } from "./answers.ts";
import { type Bench, requests } from "./bench.ts";
import { browserHeaders } from "./browser-head.ts";
import { checkJson } from "./checks.ts";
import { ratioRow, targetRows } from "./rows.ts";
import { Series } from "./series.ts";

/** P1 and P2 with 64 connections: 198 bytes of JSON, with the upstream on TCP and on a unix socket in the same rounds. */
export const measureSmall = async (bench: Bench): Promise<void> => {
  const { direct, homeport, nginx, haproxy, caddy, homeportUnix, nginxUnix, haproxyUnix } = bench.targets;
  const targets = [homeport, nginx, haproxy, caddy, direct, homeportUnix, nginxUnix, haproxyUnix];
  await checkJson(targets);
  const series = await Series.run(
    targets,
    requests(bench, () => ({ path: PATHS.json, connections: 64 })),
    bench.options,
  );
  report("P1 gateway, small requests, 64 connections", {
    ...targetRows(series, "request"),
    ...ratioRow(series, homeport, nginx, "cpuMicros", { atMost: 1 }),
    ...ratioRow(series, homeport, haproxy, "cpuMicros"),
    ...ratioRow(series, homeport, caddy, "cpuMicros"),
    ...ratioRow(series, homeportUnix, nginxUnix, "cpuMicros", { atMost: 0.75 }),
    ...ratioRow(series, homeportUnix, haproxyUnix, "cpuMicros"),
    ...ratioRow(series, homeportUnix, nginx, "cpuMicros"),
  });
  report("P2 gateway, requests per second, 64 connections", {
    ...ratioRow(series, homeport, nginx, "perSecond", { atLeast: 1 }),
    ...ratioRow(series, homeport, haproxy, "perSecond"),
    ...ratioRow(series, homeport, caddy, "perSecond"),
    ...ratioRow(series, homeport, direct, "perSecond"),
    ...ratioRow(series, homeportUnix, nginxUnix, "perSecond"),
  });
};

/** P1 with the head that a browser sends. */
export const measureBrowserHead = async (bench: Bench): Promise<void> => {
  const { homeport, nginx, haproxy, caddy } = bench.targets;
  const targets = [homeport, nginx, haproxy, caddy];
  await checkJson(targets, browserHeaders(homeport));
  const series = await Series.run(
    targets,
    requests(bench, (target) => ({ path: PATHS.json, connections: 64, headers: browserHeaders(target) })),
    bench.options,
  );
  report("P1 gateway, request heads of 645 bytes, 64 connections", {
    ...targetRows(series, "request"),
    ...ratioRow(series, homeport, nginx, "cpuMicros", { atMost: 1 }),
    ...ratioRow(series, homeport, haproxy, "cpuMicros"),
    ...ratioRow(series, homeport, caddy, "cpuMicros"),
    ...ratioRow(series, homeport, nginx, "perSecond"),
  });
};

/** P2 with as many connections as a busy site has. */
export const measureMany = async (bench: Bench): Promise<void> => {
  const { direct, homeport, nginx } = bench.targets;
  const targets = [homeport, nginx, direct];
  await checkJson(targets);
  const series = await Series.run(
    targets,
    requests(bench, () => ({ path: PATHS.json, connections: 256 })),
    bench.options,
  );
  report("P2 gateway, requests per second, 256 connections", {
    ...targetRows(series, "request"),
    ...ratioRow(series, homeport, nginx, "perSecond", { atLeast: 1 }),
    ...ratioRow(series, homeport, direct, "perSecond"),
    ...ratioRow(series, homeport, nginx, "cpuMicros"),
  });
};
