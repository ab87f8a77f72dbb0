import { expect, test } from "bun:test";
import { headerText, visitorHeaders } from "./visitor-headers.ts";

const rows: { name: string; text: string; header: string }[] = [
  { name: "plain text", text: "Ada O'Neill-Lovelace, Ph.D.", header: "Ada O'Neill-Lovelace, Ph.D." },
  { name: "letters beyond ASCII", text: "Zoë Müller", header: "Zo%C3%AB M%C3%BCller" },
  { name: "other scripts", text: "王", header: "%E7%8E%8B" },
  { name: "signs beyond 16 bits", text: "🚢🚢", header: "%F0%9F%9A%A2%F0%9F%9A%A2" },
  { name: "a percent sign", text: "100%41", header: "100%2541" },
  { name: "a second header", text: "a\r\nX-Homeport-User: b", header: "a%0D%0AX-Homeport-User: b" },
  { name: "control characters", text: "\u0000\t\u007f", header: "%00%09%7F" },
  { name: "half a sign", text: "a\ud83d", header: "a%EF%BF%BD" },
];
for (const { name, text, header } of rows) {
  test(`${name} becomes printable ASCII, and comes back`, () => {
    expect(headerText(text)).toBe(header);
    expect(header).toMatch(/^[\x20-\x7e]*$/);
    expect(decodeURIComponent(header)).toBe(text.toWellFormed());
  });
}

test("a visitor is named by id, e-mail and name, and the organisation where one is asked for", () => {
  const visitor = { personId: "p", email: "ada@example.com", name: "Ada" };
  const own = [
    ["X-Homeport-User", "p"],
    ["X-Homeport-Email", "ada@example.com"],
    ["X-Homeport-Name", "Ada"],
  ];
  expect(visitorHeaders(visitor, null)).toEqual(own as never);
  expect(visitorHeaders(visitor, "o")).toEqual([...own, ["X-Homeport-Organisation", "o"]] as never);
});
