/** A browser without scripts: keeps cookies per host, follows redirects when told, and goes on where `Refresh` says. */
export class GateBrowser {
  private readonly jar = new Map<string, Map<string, string>>();

  async get(url: string, headers: Record<string, string> = {}): Promise<Response> {
    return this.send(url, { headers: { accept: "text/html", ...headers } });
  }

  async submit(url: string, fields: Record<string, string>): Promise<Response> {
    const headers = {
      accept: "text/html",
      "content-type": "application/x-www-form-urlencoded",
      origin: new URL(url).origin,
    };
    return this.send(url, { method: "POST", headers, body: new URLSearchParams(fields).toString() });
  }

  /** Follows to the first answer that leads nowhere else. */
  async follow(url: string, response: Response): Promise<{ url: string; response: Response; hops: string[] }> {
    const hops: string[] = [];
    let [at, now] = [url, response];
    for (let next = nextOf(at, now); next !== null; next = nextOf(at, now)) {
      if (hops.push(next) > 10) throw new Error(`It goes round: ${hops.join(" → ")}`);
      [at, now] = [next, await this.get(next)];
    }
    return { url: at, response: now, hops };
  }

  cookies(host: string): string {
    return [...(this.jar.get(host) ?? [])].map(([name, value]) => `${name}=${value}`).join("; ");
  }

  set(host: string, name: string, value: string): void {
    const own = this.jar.get(host) ?? new Map<string, string>();
    if (value === "") own.delete(name);
    else own.set(name, value);
    this.jar.set(host, own);
  }

  private async send(url: string, init: RequestInit & { headers: Record<string, string> }): Promise<Response> {
    const { host, hostname, port } = new URL(url);
    const cookie = this.cookies(hostname);
    const headers = { ...init.headers, host, ...(cookie === "" ? {} : { cookie }) };
    const direct = url.replace(`//${host}`, `//127.0.0.1:${port}`); // not every resolver knows *.localhost
    const response = await fetch(direct, { ...init, headers, redirect: "manual" });
    for (const line of response.headers.getSetCookie()) {
      const [pair = ""] = line.split(";");
      const isOver = line.includes("Max-Age=0");
      this.set(hostname, pair.slice(0, pair.indexOf("=")), isOver ? "" : pair.slice(pair.indexOf("=") + 1));
    }
    return response;
  }
}

const nextOf = (url: string, response: Response): string | null => {
  const to = response.headers.get("location") ?? /url=(.*)$/.exec(response.headers.get("refresh") ?? "")?.[1];
  return to === undefined || to === null ? null : new URL(to, url).href;
};
