import { expect, test } from "bun:test";
import { z } from "zod";
import { DomainError } from "./errors.ts";
import { parseForm, withFormErrors } from "./form.ts";

const Form = z.object({ name: z.string().min(1, "tell us your name"), source: z.object({ url: z.url("use a URL") }) });

test("a form that is right is what it says", () => {
  const values = { name: "Ada", source: { url: "https://example.com" } };
  expect(parseForm(Form, values)).toEqual(values);
});

test("what is wrong stands at its field, as a sentence", async () => {
  const errors = await withFormErrors<unknown>(
    async () => parseForm(Form, { name: "", source: { url: "x" } }),
    (found) => found,
  );
  expect(errors).toEqual({ fields: { name: "Tell us your name", "source.url": "Use a URL" } });
});

test("what is wrong with a part that another field shows stands there", async () => {
  const errors = await withFormErrors<unknown>(
    async () => parseForm(Form, { name: "", source: { url: "x" } }),
    (found) => found,
    { "source.url": "location" },
  );
  expect(errors).toEqual({ fields: { name: "Tell us your name", location: "Use a URL" } });
});

test("what concerns no field stands above the form; what the person cannot mend is thrown", async () => {
  const submit = (err: Error) =>
    withFormErrors<unknown>(
      () => Promise.reject(err),
      (found) => found,
    );
  expect(await submit(new DomainError("conflict", "The name is taken."))).toEqual({ form: "The name is taken." });
  expect(submit(new DomainError("unavailable", "Away."))).rejects.toThrow("Away.");
  expect(submit(new Error("bug"))).rejects.toThrow("bug");
});
