/** nginx in one process, in its folder, that answers with method and target and prints the same for each request. */
export const nginxConfig = (port: number): string => `
daemon off;
master_process off;
pid nginx.pid;
events { worker_connections 256; }
http {
  log_format line escape=none "$request_method $request_uri";
  access_log /dev/stdout line;
  client_body_temp_path body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  scgi_temp_path scgi;
  uwsgi_temp_path uwsgi;
  server {
    listen 127.0.0.1:${port};
    location / { return 200 "$request_method $request_uri"; }
  }
}
`;

/** The same with haproxy. It reads the whole body before it answers, as an app would. */
export const haproxyConfig = (port: number): string => `
global
  log stdout format raw local0 info
  nbthread 1
defaults
  mode http
  log global
  option http-buffer-request
  option dontlognull
  timeout connect 5s
  timeout client 60s
  timeout server 60s
frontend all
  bind 127.0.0.1:${port}
  log-format "%HM %[capture.req.uri]"
  http-request return status 200 content-type text/plain lf-string "%HM %[url]"
`;
