import { expect } from "bun:test";
import type { Viewer } from "@homeport/kit/test/viewer.ts";
import type { Page } from "playwright-core";

/** Looks at pages one after the other; all that is wrong is told at the end, so that one page hides no other. */
export const lookAtAll = async (viewer: Viewer, area: string, pages: Record<string, string>): Promise<void> => {
  const wrong: string[] = [];
  for (const [name, path] of Object.entries(pages))
    await viewer.look(path, `${area}-${name}`).catch((error: unknown) => wrong.push(String(error)));
  expect(wrong).toEqual([]);
  expect(viewer.complaints()).toEqual([]);
};

/** Does something that leads to another page, and expects that the page was exchanged, not loaded anew. */
export const softly = async (page: Page, act: () => Promise<void>): Promise<void> => {
  await page.evaluate(() => Object.assign(window, { isSamePage: true }));
  await act();
  expect(await page.evaluate(() => "isSamePage" in window)).toBe(true);
};
