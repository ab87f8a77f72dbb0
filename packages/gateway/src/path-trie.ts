type Node<Value> = { children: Map<string, Node<Value>>; value: Value | null };

/** Longest path prefix wins; a prefix ends at a segment, so `/api` matches `/api/x` and never `/apix`. `/` is the fallback. */
export class PathTrie<Value> {
  private readonly root: Node<Value> = { children: new Map(), value: null };

  set(prefix: string, value: Value): void {
    let node = this.root;
    for (const segment of prefix.split("/")) {
      if (segment === "") continue;
      let child = node.children.get(segment);
      if (child === undefined) {
        child = { children: new Map(), value: null };
        node.children.set(segment, child);
      }
      node = child;
    }
    node.value = value;
  }

  /** `path` starts with `/`. An empty segment (`//`) is a segment that no prefix has. */
  match(path: string): Value | null {
    let node: Node<Value> | undefined = this.root;
    let found = node.value;
    let start = 1;
    while (start <= path.length) {
      const slash = path.indexOf("/", start);
      const end = slash === -1 ? path.length : slash;
      node = node.children.get(path.slice(start, end));
      if (node === undefined) return found;
      found = node.value ?? found;
      start = end + 1;
    }
    return found;
  }
}
