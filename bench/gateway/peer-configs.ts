import type { Upstream } from "./target.ts";

/** The two ports of a peer: before the upstream on TCP, and before the one on a unix socket. */
export type PeerPorts = { tcp: number; unix: number };

const NGINX_TEMPORARY = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];

/** One worker; bodies of requests are passed on as they come, answers are buffered as by default. */
export const nginxConfig = (dir: string, ports: PeerPorts, upstream: Upstream, isRoot: boolean): string => `
daemon off;
worker_processes 1;
worker_rlimit_nofile 8192;
${isRoot ? "user root;" : ""}
pid ${dir}/nginx.pid;
error_log stderr error;
events { worker_connections 4096; }
http {
  access_log off;
  client_max_body_size 0;
  ${NGINX_TEMPORARY.map((name) => `${name}_temp_path ${dir}/nginx-${name};`).join("\n  ")}
  upstream tcp { server 127.0.0.1:${upstream.port}; keepalive 256; }
  upstream local { server unix:${upstream.socketPath}; keepalive 256; }
  proxy_http_version 1.1;
  proxy_request_buffering off;
  proxy_set_header Host $http_host;
  proxy_set_header Connection "";
  proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
  server {
    listen 127.0.0.1:${ports.tcp};
    location / { proxy_pass http://tcp; }
    location /bench/socket {
      proxy_pass http://tcp;
      proxy_set_header Host $http_host;
      proxy_set_header Connection "upgrade";
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    }
  }
  server {
    listen 127.0.0.1:${ports.unix};
    location / { proxy_pass http://local; }
  }
}
`;

/** One thread, and connections to the upstream shared among clients. */
export const haproxyConfig = (ports: PeerPorts, upstream: Upstream): string => `
global
  nbthread 1
  maxconn 2000
defaults
  mode http
  http-reuse always
  option forwardfor
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  timeout tunnel 1h
listen tcp
  bind 127.0.0.1:${ports.tcp}
  server app 127.0.0.1:${upstream.port}
listen local
  bind 127.0.0.1:${ports.unix}
  server app unix@${upstream.socketPath}
`;

/** As many idle connections to the upstream as nginx keeps; Caddy's 32 would open new ones all the time. */
export const caddyConfig = (ports: PeerPorts, upstream: Upstream): string => `
{
  admin off
  auto_https off
}
:${ports.tcp} {
  bind 127.0.0.1
  reverse_proxy 127.0.0.1:${upstream.port} {
    transport http {
      keepalive_idle_conns_per_host 256
    }
  }
}
`;
