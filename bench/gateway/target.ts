/** Where a series sends its requests, and the process whose CPU and memory is counted. */
export type Target = { name: string; pid: number; port: number; host: string };

export const urlOf = (target: Target, path: string): string => `http://127.0.0.1:${target.port}${path}`;

/** The upstream as a process: where proxies find it, and itself as a target without a proxy. */
export type Upstream = { port: number; otherPort: number; socketPath: string; direct: Target };

/** All targets with the upstream on TCP, and those with the upstream on a unix socket. */
export type Targets = {
  direct: Target;
  homeport: Target;
  nginx: Target;
  haproxy: Target;
  caddy: Target;
  homeportUnix: Target;
  nginxUnix: Target;
  haproxyUnix: Target;
};
