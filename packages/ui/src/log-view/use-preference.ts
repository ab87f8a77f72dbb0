import { useCallback, useEffect, useState } from "react";

/** A switch of the log view that this browser remembers. The server does not know it, so it is applied after hydration. */
export function usePreference(name: string): [boolean, () => void] {
  const key = `homeport.log.${name}`;
  const [on, setOn] = useState(false);
  useEffect(() => {
    if (read(key) === "1") setOn(true);
  }, [key]);
  const toggle = useCallback(() => {
    setOn((before) => {
      write(key, before ? "0" : "1");
      return !before;
    });
  }, [key]);
  return [on, toggle];
}

/** Storage may be forbidden by the browser; the switch then only lasts as long as the page. */
function read(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function write(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    return;
  }
}
