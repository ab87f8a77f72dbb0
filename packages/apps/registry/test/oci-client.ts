import type { TestApp } from "../../../kit/test/app.ts";
import { OCI_MANIFEST, type TestBlob, type TestImage } from "./oci-image.ts";

type Init = RequestInit & { headers?: Record<string, string> };

/** A client of /v2 that talks to the app over its socket, with one token. */
export type OciClient = {
  send(method: string, path: string, init?: Init): Promise<Response>;
  pushBlob(name: string, blob: TestBlob): Promise<void>;
  pushImage(name: string, tag: string, image: TestImage): Promise<void>;
};

/** The password in headers of a test's principal, as docker would send it. */
export const basicOf = (headers: Record<string, string>): string =>
  `Basic ${btoa(`anybody:${headers["authorization"]?.slice("Bearer ".length)}`)}`;

export const fetchToken = async (
  app: TestApp,
  headers: Record<string, string>,
  scopes: string[],
): Promise<Response> => {
  const query = new URLSearchParams(scopes.map((scope) => ["scope", scope]));
  return app.request(`/v2/token?service=homeport&${query}`, { headers: { authorization: basicOf(headers) } });
};

/** `scopes` such as `home/shop:pull,push`. */
export const ociClient = async (
  app: TestApp,
  headers: Record<string, string>,
  ...scopes: string[]
): Promise<OciClient> => {
  const answer = await fetchToken(
    app,
    headers,
    scopes.map((scope) => `repository:${scope}`),
  );
  if (!answer.ok) throw new Error(`no token: ${answer.status}`);
  const { token } = (await answer.json()) as { token: string };
  const send = (method: string, path: string, init: Init = {}) =>
    app.request(path, { ...init, method, headers: { ...init.headers, authorization: `Bearer ${token}` } });
  const pushBlob = async (name: string, { digest, bytes }: TestBlob) => {
    const pushed = await send("POST", `/v2/${name}/blobs/uploads/?digest=${digest}`, { body: bytes });
    if (pushed.status !== 201) throw new Error(`blob not pushed: ${pushed.status} ${await pushed.text()}`);
  };
  return {
    send,
    pushBlob,
    async pushImage(name, tag, image) {
      for (const blob of [image.config, ...image.layers]) await pushBlob(name, blob);
      const pushed = await send("PUT", `/v2/${name}/manifests/${tag}`, {
        headers: { "content-type": OCI_MANIFEST },
        body: image.manifest.bytes,
      });
      if (pushed.status !== 201) throw new Error(`manifest not pushed: ${pushed.status} ${await pushed.text()}`);
    },
  };
};

/** The codes in an error answer. */
export const codesOf = async (response: Response): Promise<string[]> => {
  const { errors } = (await response.json()) as { errors: { code: string }[] };
  return errors.map(({ code }) => code);
};
