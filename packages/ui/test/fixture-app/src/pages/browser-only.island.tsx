import { island } from "@homeport/ui/island";
import type { ReactNode } from "react";

/** Throws on the server, where there is no window. */
function BrowserOnly(): ReactNode {
  return <p>This window is {window.innerWidth > 0 ? "real" : "unreal"}.</p>;
}

export default island("browser-only", BrowserOnly);
