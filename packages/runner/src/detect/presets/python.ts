import type { Fact } from "../fact.ts";
import type { Manager, ServicePreset, StartRule } from "../preset.ts";

const LISTS = ["requirements.txt", "pyproject.toml"] as const;

/** A package that some list names: a line of requirements.txt, an item of an array, a key of Poetry's table. */
const needs = (...names: string[]): Fact => ({
  either: LISTS.map((text) => ({
    text,
    matches: new RegExp(`(?:^[ \\t]*|["'])(${names.join("|")})[ \\t]*(?:$|[\\[<>=~!;@#"'\\r])`, "im"),
  })),
});

/** The variable that a module keeps its application in. */
const application = (kind: string): RegExp =>
  new RegExp(
    `^([A-Za-z_]\\w{0,60})(?:[ \\t]*:[ \\t]*[\\w.]{1,60})?[ \\t]*=[ \\t]*(?:\\w{1,60}\\.)?(?:${kind})\\(`,
    "m",
  );

const MODULES = [
  "main.py",
  "app.py",
  "server.py",
  "wsgi.py",
  "asgi.py",
  "application.py",
  "app/main.py",
  "src/main.py",
];

const SETTINGS: Fact = {
  text: "manage.py",
  matches: /DJANGO_SETTINGS_MODULE["'][ \t]*,[ \t]*["'](\w{1,60})\.settings/,
};

const pip = ["{python}", "-m", "pip", "install", "--disable-pip-version-check"];
const venv = { prepare: [["python3", "-m", "venv", ".venv"]], values: { python: ".venv/bin/python" } };

const uv: Manager = {
  name: "uv",
  program: "uv",
  proofs: [{ priority: 64, any: [{ file: "uv.lock" }], says: "a lockfile from uv (uv.lock)" }],
  lists: ["pyproject.toml"],
  lockfiles: ["uv.lock"],
  settings: ["uv.toml"],
  setup: [["python3", "-m", "pip", "install", "--no-cache-dir", "--root-user-action=ignore", "uv"]],
  frozen: ["uv", "sync", "--frozen", "--no-dev"],
  loose: ["uv", "sync", "--no-dev"],
  needsSource: [{ text: "pyproject.toml", matches: /^\[build-system\]|\bpath[ \t]*=|\bworkspace[ \t]*=/m }],
  build: [],
  values: { python: ".venv/bin/python" },
};

const poetry: Manager = {
  name: "poetry",
  program: "poetry",
  proofs: [
    { priority: 63, any: [{ file: "poetry.lock" }], says: "a lockfile from Poetry (poetry.lock)" },
    {
      priority: 62,
      all: [{ text: "pyproject.toml", matches: /^\[tool\.poetry\]/m }],
      says: "pyproject.toml for Poetry",
    },
  ],
  lists: ["pyproject.toml"],
  lockfiles: ["poetry.lock"],
  settings: ["poetry.toml"],
  setup: [["python3", "-m", "pip", "install", "--no-cache-dir", "--root-user-action=ignore", "poetry"]],
  frozen: ["poetry", "install", "--only", "main", "--no-root", "--no-interaction"],
  loose: ["poetry", "install", "--only", "main", "--no-root", "--no-interaction"],
  needsSource: [{ text: "pyproject.toml", matches: /\bpath[ \t]*=/ }],
  build: [],
  values: { python: ".venv/bin/python" },
};

const requirements: Manager = {
  name: "pip",
  program: null,
  proofs: [{ priority: 60, any: [{ file: "requirements.txt" }], says: "requirements.txt" }],
  lists: ["requirements.txt"],
  lockfiles: [],
  settings: [],
  ...venv,
  frozen: [...pip, "--requirement", "requirements.txt"],
  loose: [...pip, "--requirement", "requirements.txt"],
  // other lists, packages of the project's own, and whatever else is found by a path
  needsSource: [
    { text: "requirements.txt", matches: /^[ \t]*(?:-|\.|[^#\n]*(?:@[ \t]*file:|\.whl|\.tar\.gz|\.zip))/m },
  ],
  build: [],
};

const project: Manager = {
  ...requirements,
  name: "pip-project",
  proofs: [
    {
      priority: 59,
      all: [{ text: "pyproject.toml", matches: /^\[(?:project|build-system)\]/m }],
      says: "pyproject.toml",
    },
  ],
  lists: ["pyproject.toml"],
  frozen: [...pip, "."],
  loose: [...pip, "."],
  needsSource: true,
};

const nothing: Manager = {
  name: "python",
  program: null,
  proofs: [],
  lists: [],
  lockfiles: [],
  settings: [],
  frozen: null,
  loose: null,
  needsSource: [],
  build: [],
  values: { python: "python3" },
};

const gunicorn = "exec {python} -m gunicorn --bind 0.0.0.0:$PORT";
const uvicorn = "exec {python} -m uvicorn --host 0.0.0.0 --port $PORT";
const developing = (what: string): string =>
  `That is ${what}'s own server, which its makers do not recommend for real traffic: add gunicorn to the dependencies.`;

const starts: StartRule[] = [
  {
    all: [needs("gunicorn")],
    any: [SETTINGS],
    run: { line: `${gunicorn} {value}.wsgi:application` },
    says: "gunicorn and the wsgi module of Django",
  },
  {
    all: [needs("uvicorn")],
    any: [SETTINGS],
    run: { line: `${uvicorn} {value}.asgi:application` },
    says: "uvicorn and the asgi module of Django",
  },
  {
    any: [SETTINGS],
    run: { line: "exec {python} manage.py runserver --noreload 0.0.0.0:$PORT" },
    says: "manage.py of Django",
    note: developing("Django"),
  },
  {
    all: [needs("uvicorn", "fastapi\\[standard\\]")],
    entry: { files: MODULES, matches: application("FastAPI|Starlette|Litestar|Quart") },
    run: { line: `${uvicorn} {module}:{value}` },
    says: "uvicorn and the application in {path}",
  },
  {
    all: [needs("gunicorn")],
    entry: { files: MODULES, matches: application("Flask|get_wsgi_application") },
    run: { line: `${gunicorn} {module}:{value}` },
    says: "gunicorn and the application in {path}",
  },
  {
    all: [needs("gunicorn")],
    entry: { files: MODULES, matches: /^def (create_app|make_app)\(/m },
    run: { line: `${gunicorn} '{module}:{value}()'` },
    says: "gunicorn and what {value} in {path} makes",
  },
  {
    all: [needs("flask")],
    entry: { files: MODULES, matches: application("Flask") },
    run: { line: "exec {python} -m flask --app {module} run --host 0.0.0.0 --port $PORT" },
    says: "flask and the application in {path}",
    note: developing("Flask"),
  },
  {
    entry: { files: ["main.py", "app.py", "server.py", "__main__.py"] },
    run: ["{python}", "{path}"],
    says: "the file {path}",
  },
];

export const python: ServicePreset = {
  kind: "service",
  name: "python",
  title: "a Python project",
  recognises: "a requirements.txt, pyproject.toml or uv.lock (Python)",
  proofs: [
    { priority: 150, all: [SETTINGS], says: "manage.py of Django" },
    ...["fastapi", "flask", "starlette"].map((name) => ({
      priority: 145,
      any: [needs(name)],
      says: `${name} among the Python dependencies`,
    })),
    { priority: 30, any: ["main.py", "app.py", "server.py"].map((file) => ({ file })), says: "the file {value}" },
  ],
  images: {
    build: "python:{version}",
    run: "python:{version}-slim",
    runSetup: [
      {
        any: [needs("psycopg2", "psycopg")],
        run: {
          line: "apt-get update && apt-get install -y --no-install-recommends libpq5 && rm -rf /var/lib/apt/lists/*",
        },
      },
      {
        any: [needs("mysqlclient")],
        run: {
          line: "apt-get update && apt-get install -y --no-install-recommends libmariadb3 && rm -rf /var/lib/apt/lists/*",
        },
      },
    ],
  },
  versions: {
    of: "Python",
    lines: ["3.14", "3.13", "3.12", "3.11", "3.10"],
    usual: "3.13",
    parts: [2, 3],
    pins: [
      {
        from: { text: ".python-version", matches: /^\s*(?:python-)?(\d[\d.]*)\s*$/m },
        as: "exactly",
        where: ".python-version",
      },
      { from: { text: "runtime.txt", matches: /^\s*python-(\d[\d.]*)\s*$/m }, as: "exactly", where: "runtime.txt" },
      {
        from: { text: "pyproject.toml", matches: /^requires-python[ \t]*=[ \t]*["']([^"'\n]{1,100})["']/m },
        as: "python",
        where: "requires-python of pyproject.toml",
      },
      {
        from: { text: "pyproject.toml", matches: /^python[ \t]*=[ \t]*["']([^"'\n]{1,100})["']/m },
        as: "python",
        where: "python of pyproject.toml",
      },
    ],
  },
  programs: ["python3"],
  managers: [uv, poetry, requirements, project, nothing],
  starts,
  hint: "name the module that listens main.py",
  env: { PYTHONUNBUFFERED: "1" },
  buildEnv: {
    PIP_NO_INPUT: "1",
    POETRY_VIRTUALENVS_IN_PROJECT: "1",
    UV_LINK_MODE: "copy", // caches lie on another disk than the project
    UV_PYTHON_DOWNLOADS: "never", // a Python of its own would not be where the service runs
  },
  caches: { PIP_CACHE_DIR: "{cache}/pip", UV_CACHE_DIR: "{cache}/uv", POETRY_CACHE_DIR: "{cache}/poetry" },
  tools: [".venv/bin", "node_modules/.bin"],
};
