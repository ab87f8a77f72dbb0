import { DomainError } from "@homeport/kit/errors.ts";

/** Where the Docker engine listens: a unix socket, or plain TCP (only sensible on this machine). */
export type Endpoint = { kind: "unix"; socketPath: string } | { kind: "tcp"; host: string; port: number };

/** Reads a DOCKER_HOST value; empty means Docker's own default. @throws {DomainError} invalid */
export const parseEndpoint = (dockerHost: string | undefined): Endpoint => {
  const text = dockerHost === undefined || dockerHost === "" ? "unix:///var/run/docker.sock" : dockerHost;
  if (text.startsWith("unix:///")) return { kind: "unix", socketPath: text.slice("unix://".length) };
  const tcp = /^tcp:\/\/([A-Za-z0-9.-]{1,255}):(\d{1,5})$/.exec(text);
  if (tcp?.[1] !== undefined) return { kind: "tcp", host: tcp[1], port: Number(tcp[2]) };
  throw new DomainError("invalid", "The Docker address must be unix:///path or tcp://host:port.");
};
