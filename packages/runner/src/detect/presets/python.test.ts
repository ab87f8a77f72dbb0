import { expect, test } from "bun:test";
import { failureOf, testPresets } from "../../../test/preset-table.ts";
import { project } from "../../../test/project.ts";
import { dockerfileOf } from "../../container/dockerfile.ts";
import { planBuild } from "../plan-build.ts";

const lists = (requirements: string, texts: Record<string, string> = {}, files: string[] = []) =>
  project(files, undefined, null, { "requirements.txt": requirements, ...texts });

const venv = "python3 -m venv .venv";
const pip = ".venv/bin/python -m pip install --disable-pip-version-check --requirement requirements.txt";
const usual: [string, string] = ["python:3.13", "python:3.13-slim"];
const flask = { "app.py": "from flask import Flask\n\napp = Flask(__name__)\n" };
const manage = { "manage.py": 'os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")' };

testPresets([
  {
    name: "Flask with gunicorn",
    project: lists("Flask==3.0\ngunicorn\n", flask),
    plan: {
      preset: "python",
      images: usual,
      steps: [venv, pip],
      installFrom: ["requirements.txt"],
      start: "exec .venv/bin/python -m gunicorn --bind 0.0.0.0:$PORT app:app",
    },
    says: /^Found flask among the Python dependencies, so this is a Python project: .* it starts with gunicorn and the application in app\.py\.$/,
    notes: [],
  },
  {
    name: "Flask by itself is told to want a real server",
    project: lists("flask", flask),
    plan: { start: "exec .venv/bin/python -m flask --app app run --host 0.0.0.0 --port $PORT" },
    notes: [/Flask's own server.*add gunicorn/],
  },
  {
    name: "an application that a function makes",
    project: lists("flask\ngunicorn", { "main.py": "def create_app():\n  return Flask(__name__)" }),
    plan: { start: "exec .venv/bin/python -m gunicorn --bind 0.0.0.0:$PORT 'main:create_app()'" },
  },
  {
    name: "FastAPI in a package",
    project: lists("fastapi[standard]>=0.110", { "app/main.py": "api: FastAPI = fastapi.FastAPI(title='x')" }),
    plan: { start: "exec .venv/bin/python -m uvicorn --host 0.0.0.0 --port $PORT app.main:api" },
    says: /uvicorn and the application in app\/main\.py/,
  },
  {
    name: "Django with gunicorn, beside a package.json for its pages",
    project: project([], { scripts: { build: "vite build" }, devDependencies: { vite: "7" } }, null, {
      "requirements.txt": "django\ngunicorn",
      ...manage,
    }),
    plan: { preset: "python", start: "exec .venv/bin/python -m gunicorn --bind 0.0.0.0:$PORT shop.wsgi:application" },
    says: /^Found manage\.py of Django/,
    notes: [
      /^Not taken, because a Python project comes first: package\.json with vite.*\(a static site\); package\.json without a lockfile \(a Node project\)\.$/,
    ],
  },
  {
    name: "Django with uvicorn",
    project: lists("django\nuvicorn", manage),
    plan: { start: "exec .venv/bin/python -m uvicorn --host 0.0.0.0 --port $PORT shop.asgi:application" },
  },
  {
    name: "Django by itself",
    project: lists("django", manage),
    plan: { start: "exec .venv/bin/python manage.py runserver --noreload 0.0.0.0:$PORT" },
    notes: [/Django's own server/],
  },
  {
    name: "uv by its lockfile",
    project: project(["uv.lock"], undefined, null, {
      "pyproject.toml": '[project]\nrequires-python = ">=3.11"\ndependencies = ["fastapi", "uvicorn>=0.3"]',
      "main.py": "app = FastAPI()",
    }),
    plan: {
      images: usual,
      steps: ["python3 -m pip install --no-cache-dir --root-user-action=ignore uv", "uv sync --frozen --no-dev"],
      installFrom: ["pyproject.toml", "uv.lock"],
      start: "exec .venv/bin/python -m uvicorn --host 0.0.0.0 --port $PORT main:app",
    },
    notes: [/^requires-python of pyproject\.toml asks for Python >=3\.11, so images of 3\.13 are used\.$/],
  },
  {
    name: "Poetry by its table, with a version that is no longer the usual one",
    project: project(["poetry.lock", "main.py"], undefined, null, {
      "pyproject.toml": '[tool.poetry]\n[tool.poetry.dependencies]\npython = ">=3.10,<3.12"\n',
    }),
    plan: {
      images: ["python:3.11", "python:3.11-slim"],
      steps: [expect.stringMatching(/install .* poetry$/), "poetry install --only main --no-root --no-interaction"],
      start: ".venv/bin/python main.py",
    },
  },
  {
    name: "a project without a list of its own is installed itself, with all of its source",
    project: project(["main.py"], undefined, null, { "pyproject.toml": "[project]\nname = 'x'" }),
    plan: { steps: [venv, ".venv/bin/python -m pip install --disable-pip-version-check ."], installFrom: null },
  },
  {
    name: "requirements that name files need the source",
    project: lists("-e ./lib\n", {}, ["main.py"]),
    plan: { installFrom: null },
  },
  {
    name: "so do those that name wheels",
    project: lists("wheels/hello-1.0-py3-none-any.whl\n", {}, ["main.py"]),
    plan: { installFrom: null },
  },
  {
    name: "one file and nothing to install",
    project: project(["main.py"]),
    plan: { steps: [], start: "python3 main.py" },
    says: /^Found the file main\.py, so this is a Python project: nothing has to be built/,
  },
  {
    name: "a Procfile knows better",
    project: project([], undefined, "gunicorn shop.wsgi", { "requirements.txt": "django\ngunicorn", ...manage }),
    plan: { start: "exec gunicorn shop.wsgi" },
  },
  {
    name: "the version that a file names",
    project: lists("flask\ngunicorn", { ...flask, ".python-version": "3.12.4\n" }),
    plan: { images: ["python:3.12.4", "python:3.12.4-slim"] },
    notes: [".python-version asks for Python 3.12.4, so images of 3.12.4 are used."],
  },
  {
    name: "a process runs with what the machine has",
    project: lists("flask\ngunicorn", { ...flask, ".python-version": "3.12.4\n" }),
    wishes: { output: "process" },
    plan: {},
    notes: [".python-version asks for Python 3.12.4; as a process it runs with what this machine has."],
  },
]);

test("a driver that is linked to a library of the system brings it", () => {
  const plan = planBuild(lists("flask\ngunicorn\npsycopg2==2.9\n", flask), {});
  expect(plan.kind === "service" ? dockerfileOf(plan, []) : "").toMatch(/FROM python:3\.13-slim\nRUN .*libpq5/);
});

test("nothing to start is told with what to add", () => {
  const reason = failureOf(lists("requests", {}, ["lib.py"]));
  expect(reason.code).toBe("start_command_missing");
  expect(reason.message).toMatch(/main\.py, or a line "web: …" to a Procfile/);
});

test("FastAPI without a server to run it is told", () => {
  expect(failureOf(lists("fastapi", { "api.py": "app = FastAPI()" })).code).toBe("start_command_missing");
});
