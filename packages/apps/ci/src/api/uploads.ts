import { DomainError } from "@homeport/kit/errors.ts";
import { memberOf, memberScope } from "@homeport/kit/http/context.ts";
import type { RawContext, RawRoute } from "@homeport/kit/http/routes.ts";
import { isId } from "@homeport/kit/ids.ts";
import { actorOf } from "@homeport/kit/principal.ts";
import type { Uploads } from "../service/uploads.ts";
import type { UploadLimits, UploadReader } from "../upload.ts";

const GZIP_TYPES = new Set(["application/gzip", "application/x-gzip"]);

/** Source archives go in and out as plain bytes, so they are no part of the contract. */
export const uploadRoutes = (uploads: Uploads, limits: UploadLimits): RawRoute[] => [
  {
    method: "POST",
    path: "/api/v1/ci/uploads",
    action: "upload:create",
    resource: "projects",
    async handle(context) {
      const scope = memberScope(context);
      // An upload is of no project before it is deployed, so whoever deploys anywhere may bring one.
      if (scope.projectIds?.length === 0) throw new DomainError("forbidden", "You do not deploy to any project.");
      const body = archiveOf(context.request, limits().maxBytes);
      const upload = await uploads.create(scope, actorOf(memberOf(context)).id, body);
      return Response.json(upload, {
        status: 201,
        headers: { location: `/api/v1/ci/uploads/${upload.id}`, "x-request-id": context.requestId },
      });
    },
  },
  {
    method: "GET",
    path: "/api/v1/ci/uploads/:id",
    action: "upload:read",
    resource: "platform",
    async handle(context) {
      const { id = "" } = context.params;
      if (!isId(id)) throw new DomainError("not_found", "There is no such upload.");
      const { upload, bytes } = await uploads.read(id, readerOf(context));
      return new Response(bytes, {
        headers: { "content-type": "application/gzip", etag: `"${upload.sha256}"`, "cache-control": "no-store" },
      });
    },
  },
];

const archiveOf = (request: Request, maxBytes: number): AsyncIterable<Uint8Array> => {
  const type = (request.headers.get("content-type") ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
  if (!GZIP_TYPES.has(type)) throw new DomainError("unsupported", "An upload must be sent as application/gzip.");
  if (Number(request.headers.get("content-length") ?? 0) > maxBytes) {
    throw new DomainError("too_large", `An upload may have at most ${maxBytes / 1024 / 1024} MiB.`);
  }
  if (request.body === null) throw new DomainError("invalid", "The upload is empty.");
  return request.body as ReadableStream<Uint8Array>;
};

const readerOf = ({ principal }: RawContext): UploadReader => {
  if (principal.kind === "job") return { kind: "job", jobId: principal.jobId };
  if (principal.kind === "runner") return { kind: "runner", runnerId: principal.runnerId };
  throw new DomainError("not_found", "There is no such upload.");
};
