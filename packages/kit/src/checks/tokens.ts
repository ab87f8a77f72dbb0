/**
 * Splits TypeScript and TSX into tokens, so that a rule sees code and never a comment or the inside of a string.
 * It knows no grammar beyond what that takes: strings, templates, regular expressions and JSX text.
 */
export type TokenKind = "name" | "punctuation" | "string" | "template" | "regex" | "number" | "text";

/** `text` of a string or template is what stands between its quotes, escapes untouched. `line` counts from 1. */
export type Token = { kind: TokenKind; text: string; line: number };

/** Whether a token is this name or punctuation; a string that says the same is not. */
export const isCode = (token: Token | undefined, text: string): boolean =>
  token?.text === text && (token.kind === "name" || token.kind === "punctuation");

export const tokenize = (source: string, jsx: boolean): Token[] => new Scanner(source, jsx).scan();

/** After these a value follows, so `/` starts a regular expression and `<` an element. */
const BEFORE_VALUE = new Set(
  "return typeof case in of delete void throw new do else instanceof yield await default extends".split(" "),
);
const NAME = /[\p{ID_Start}$_#][\p{ID_Continue}$\u200c\u200d]*/uy;
const NUMBER = /(0[xob][\da-f_]+n?|\d[\d_]*(\.[\d_]*)?(e[+-]?\d+)?n?|\.\d[\d_]*)/iy;
const REGEX = /\/(?![*/])(?:[^\\/[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y;
const STRING = /"(?:[^"\\\n]|\\[\s\S])*"|'(?:[^'\\\n]|\\[\s\S])*'/y;
const SPACE_AND_COMMENTS = /(?:\s+|\/\/[^\n]*|\/\*[\s\S]*?\*\/|^#![^\n]*)+/y;
const JSX_NAME = /[\p{ID_Start}$_][\p{ID_Continue}$.:-]*/uy;
const JSX_STRING = /"[^"]*"|'[^']*'/y;
const JSX_TEXT = /[^{<]+/y;
const OPERATOR = /=>|\?\.(?!\d)|\.\.\.|[^\s]/y;

class Scanner {
  readonly #source: string;
  readonly #jsx: boolean;
  readonly #tokens: Token[] = [];
  #at = 0;
  #line = 1;
  #lineUpTo = 0;

  constructor(source: string, jsx: boolean) {
    this.#source = source;
    this.#jsx = jsx;
  }

  scan(): Token[] {
    while (this.#at < this.#source.length) this.#code();
    return this.#tokens;
  }

  /** Reads code up to and including the `}` that closes it, or to the end of the source. */
  #code(): void {
    while (this.#hasCode()) {
      const char = this.#source[this.#at];
      if (char === "`") this.#template();
      else if (this.#take("string", STRING) || this.#take("name", NAME) || this.#take("number", NUMBER)) continue;
      else if (char === "/" && this.#valueMayFollow() && this.#take("regex", REGEX)) continue;
      else if (char === "<" && this.#elementStarts()) this.#element();
      else {
        this.#take("punctuation", OPERATOR);
        if (char === "{") this.#code();
        if (char === "}") return;
      }
    }
  }

  #template(): void {
    let from = ++this.#at;
    for (; this.#at < this.#source.length; this.#at++) {
      if (this.#source[this.#at] === "\\") this.#at++;
      else if (this.#source[this.#at] === "`") break;
      else if (this.#source.startsWith("${", this.#at)) {
        this.#push("template", this.#source.slice(from, this.#at), from);
        this.#at += 2;
        this.#push("punctuation", "{", this.#at - 1);
        this.#code();
        from = this.#at--;
      }
    }
    this.#push("template", this.#source.slice(from, this.#at), from);
    this.#at++;
  }

  /** Reads an element from its `<` to the end of its closing tag. */
  #element(): void {
    this.#take("punctuation", OPERATOR);
    this.#take("name", JSX_NAME);
    if (!this.#attributes()) return;
    while (this.#at < this.#source.length) {
      if (this.#take("text", JSX_TEXT)) continue;
      if (this.#source[this.#at] === "{") this.#braces();
      else if (this.#source.startsWith("</", this.#at)) break;
      else this.#element();
    }
    this.#endTag();
  }

  /** Reads up to the end of the opening tag. False when the element has no children: `<br />`. */
  #attributes(): boolean {
    while (this.#hasCode()) {
      const char = this.#source[this.#at];
      if (char === ">") return this.#take("punctuation", OPERATOR);
      if (this.#source.startsWith("/>", this.#at)) break;
      if (char === "{") this.#braces();
      else if (!this.#take("string", JSX_STRING) && !this.#take("name", JSX_NAME)) this.#take("punctuation", OPERATOR);
    }
    this.#endTag();
    return false;
  }

  #endTag(): void {
    const end = this.#source.indexOf(">", this.#at);
    this.#push("punctuation", ">", this.#at);
    this.#at = end === -1 ? this.#source.length : end + 1;
  }

  #braces(): void {
    this.#take("punctuation", OPERATOR);
    this.#code();
  }

  #elementStarts(): boolean {
    const rest = this.#source.slice(this.#at, this.#at + 200);
    if (!this.#jsx || !this.#valueMayFollow() || !/^<[\p{ID_Start}$_>]/u.test(rest)) return false;
    const generic = /^<(\w+)(?:\s*,|\s+extends\s|>\()/.exec(rest);
    return generic === null || this.#source.includes(`</${generic[1]}>`, this.#at);
  }

  #valueMayFollow(): boolean {
    const last = this.#tokens.at(-1);
    if (last === undefined) return true;
    if (last.kind === "name") return BEFORE_VALUE.has(last.text) && !isCode(this.#tokens.at(-2), ".");
    return last.kind === "punctuation" && !")]}".includes(last.text);
  }

  #take(kind: TokenKind, pattern: RegExp): boolean {
    pattern.lastIndex = this.#at;
    const text = pattern.exec(this.#source)?.[0];
    if (text === undefined) return false;
    this.#push(kind, kind === "string" ? text.slice(1, -1) : text === "?." ? "." : text, this.#at);
    this.#at += text.length;
    return true;
  }

  /** Passes over white space and comments. False at the end of the source. */
  #hasCode(): boolean {
    SPACE_AND_COMMENTS.lastIndex = this.#at;
    this.#at += SPACE_AND_COMMENTS.exec(this.#source)?.[0].length ?? 0;
    return this.#at < this.#source.length;
  }

  #push(kind: TokenKind, text: string, at: number): void {
    for (; this.#lineUpTo < at; this.#lineUpTo++) if (this.#source[this.#lineUpTo] === "\n") this.#line++;
    this.#tokens.push({ kind, text, line: this.#line });
  }
}
