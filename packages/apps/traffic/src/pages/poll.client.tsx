import { Button } from "@homeport/ui";
import { Pause, Play } from "@homeport/ui/icons";
import { refresh } from "@homeport/ui/navigate";
import { useEffect, useState } from "react";

/** Brings the page up to date every `everyMs`, until it is told to stop (WCAG 2.2.2). */
export function Poll({ everyMs }: { everyMs: number }) {
  const [isPaused, setPaused] = useState(false);
  useEffect(() => {
    if (isPaused) return;
    const timer = setInterval(refresh, everyMs);
    return () => clearInterval(timer);
  }, [isPaused, everyMs]);
  return (
    <Button
      className="hp-needs-script"
      onClick={() => setPaused(!isPaused)}
      icon={isPaused ? <Play aria-hidden /> : <Pause aria-hidden />}
    >
      {isPaused ? "Resume updates" : "Pause updates"}
    </Button>
  );
}
