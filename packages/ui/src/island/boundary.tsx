import { Component, type ReactNode } from "react";
import { Button } from "../components/button.tsx";
import { ErrorState } from "../components/error-state.tsx";

interface Props {
  name: string;
  children: ReactNode;
}

/** One boundary per island: an island that throws shows what failed and a retry; the rest of the page stays. */
export class IslandBoundary extends Component<Props, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError(): { failed: boolean } {
    return { failed: true };
  }

  override render(): ReactNode {
    if (!this.state.failed) return this.props.children;
    return (
      <ErrorState
        title="This part of the page stopped working."
        detail="The rest of the page still works. Nothing was changed by the failure."
        code={`island ${this.props.name}`}
        actions={
          <Button size="sm" onClick={() => this.setState({ failed: false })}>
            Try again
          </Button>
        }
      />
    );
  }
}
