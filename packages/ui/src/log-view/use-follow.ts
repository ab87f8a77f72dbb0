import { type RefObject, useCallback, useEffect, useRef, useState } from "react";

/** A scroll this soon after the reader's own input is the reader's scroll. */
const INPUT_MS = 400;
/** This close to the end counts as the end. */
const END_PX = 24;

const UP_KEYS = new Set(["ArrowUp", "PageUp", "Home"]);
const DOWN_KEYS = new Set(["ArrowDown", "PageDown", "End", " "]);

/**
 * Whether the view follows the newest line. Only the reader's input changes it (wheel, touch, keys, the scroll bar), never a scroll
 * position by itself: the list scrolls on its own when lines are added and measured, and that must not switch following off.
 */
export function useFollow(scroller: RefObject<HTMLElement | null>): {
  following: boolean;
  setFollowing: (following: boolean) => void;
} {
  const [following, setFollowing] = useState(true);
  const inputAt = useRef(0);

  const noteInput = useCallback(() => {
    inputAt.current = performance.now();
  }, []);

  useEffect(() => {
    const element = scroller.current;
    if (element === null) return;
    const listening = new AbortController();
    const options = { passive: true, signal: listening.signal };
    element.addEventListener(
      "wheel",
      (event) => {
        noteInput();
        if (event.deltaY < 0) setFollowing(false);
      },
      options,
    );
    let touchedAt = 0;
    element.addEventListener(
      "touchstart",
      (event) => {
        touchedAt = event.touches[0]?.clientY ?? 0;
      },
      options,
    );
    element.addEventListener(
      "touchmove",
      (event) => {
        noteInput();
        if ((event.touches[0]?.clientY ?? 0) > touchedAt) setFollowing(false);
      },
      options,
    );
    element.addEventListener(
      "pointerdown",
      (event) => {
        // The scroll bar lies outside of the client area.
        const box = element.getBoundingClientRect();
        if (event.pointerType !== "mouse" || event.clientX < box.left + element.clientWidth) return;
        setFollowing(false);
        noteInput();
      },
      options,
    );
    element.addEventListener(
      "keydown",
      (event) => {
        if (UP_KEYS.has(event.key)) setFollowing(false);
        if (DOWN_KEYS.has(event.key)) noteInput();
      },
      options,
    );
    element.addEventListener(
      "scroll",
      () => {
        const atEnd = element.scrollHeight - element.scrollTop - element.clientHeight <= END_PX;
        if (atEnd && performance.now() - inputAt.current < INPUT_MS) setFollowing(true);
      },
      options,
    );
    return () => listening.abort();
  }, [scroller, noteInput]);

  return { following, setFollowing };
}
