import type { ReactNode } from "react";
import { Alert } from "../components/alert.tsx";
import type { Tone } from "../components/tone.ts";

/** One message about what was just done, shown above the page that follows. */
export interface Flash {
  tone: Tone;
  title: string;
  detail?: string | undefined;
}

export function FlashMessage({ flash }: { flash: Flash }): ReactNode {
  return (
    <div className="mb-5">
      <Alert tone={flash.tone} title={flash.title}>
        {flash.detail}
      </Alert>
    </div>
  );
}
