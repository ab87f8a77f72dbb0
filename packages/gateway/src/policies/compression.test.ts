import { expect, test } from "bun:test";
import { isCompressible, weakenEtag } from "./compression.ts";

type Answer = {
  status?: number;
  type?: string | null;
  encoding?: string | null;
  cacheControl?: string | null;
  length?: number | null;
  method?: string;
};

const judge = ({
  status = 200,
  type = "text/html",
  encoding = null,
  cacheControl = null,
  length = null,
  method,
}: Answer) => isCompressible(status, type, encoding, cacheControl, length, method);

test.each([
  "text/html; charset=utf-8",
  "TEXT/CSS",
  "text/plain",
  "application/json",
  "application/problem+json; charset=utf-8",
  "application/javascript",
  "application/xhtml+xml",
  "image/svg+xml",
  "application/manifest+json",
  "application/x-ndjson",
])("%s is compressed", (type) => {
  expect(judge({ type })).toBe(true);
});

test.each([
  "text/event-stream",
  "text/event-stream; charset=utf-8",
  "image/png",
  "video/mp4",
  "application/octet-stream",
  "application/zip",
  "font/woff2",
  "multipart/form-data; boundary=text/html",
  "",
  null,
])("%p is not compressed", (type) => {
  expect(judge({ type })).toBe(false);
});

test.each<Answer & { name: string; is: boolean }>([
  { name: "an error page", status: 500, is: true },
  { name: "a part", status: 206, is: false },
  { name: "no content", status: 204, is: false },
  { name: "not modified", status: 304, is: false },
  { name: "early hints", status: 103, is: false },
  { name: "an answer to HEAD", method: "HEAD", is: false },
  { name: "an answer to POST", method: "POST", is: true },
  { name: "what is compressed already", encoding: "gzip", is: false },
  { name: "what says that it is not encoded", encoding: "identity", is: true },
  { name: "what must not be transformed", cacheControl: "public, no-transform", is: false },
  { name: "what may be cached", cacheControl: "public, max-age=60", is: true },
  { name: "859 bytes", length: 859, is: false },
  { name: "860 bytes", length: 860, is: true },
  { name: "a body of unknown length", length: null, is: true },
  { name: "nothing", length: 0, is: false },
])("$name is compressed: $is", ({ is, ...answer }) => {
  expect(judge(answer)).toBe(is);
});

test.each([
  { etag: '"abc"', weak: 'W/"abc"' },
  { etag: 'W/"abc"', weak: 'W/"abc"' },
])("the validator of the encoded form of $etag is $weak", ({ etag, weak }) => {
  expect(weakenEtag(etag)).toBe(weak);
});
