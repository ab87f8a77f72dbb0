import { Button } from "@homeport/ui";
import { island } from "@homeport/ui/island";
import { type ReactNode, useEffect, useId, useState } from "react";

function Counter({ start, label }: { start: number; label: string }): ReactNode {
  const [count, setCount] = useState(start);
  const [mounted, setMounted] = useState(false);
  const id = useId();
  useEffect(() => {
    setMounted(true);
    return () => {
      document.documentElement.dataset["unmounted"] = label;
    };
  }, [label]);
  return (
    <div className="flex items-center gap-3" data-mounted={mounted}>
      <span id={id}>{label}</span>
      <Button aria-describedby={id} onClick={() => setCount(count + 1)}>
        Pressed {count} times
      </Button>
    </div>
  );
}

export default island("counter", Counter);
