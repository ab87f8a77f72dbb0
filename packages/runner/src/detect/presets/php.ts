import type { Fact } from "../fact.ts";
import type { Manager, ServicePreset, StartRule } from "../preset.ts";

const install = ["composer", "install", "--no-dev", "--no-interaction", "--no-progress", "--optimize-autoloader"];

const requires = (name: string): Fact => ({ text: "composer.json", matches: new RegExp(`"(${name})"\\s*:\\s*"`) });

const composer: Manager = {
  name: "composer",
  program: "composer",
  proofs: [{ priority: 55, all: [{ file: "composer.json" }], says: "composer.json" }],
  lists: ["composer.json"],
  lockfiles: ["composer.lock"],
  settings: [],
  frozen: install,
  loose: install,
  // autoload maps are made from the source, and scripts run it
  needsSource: true,
  build: [],
};

const nothing: Manager = {
  ...composer,
  name: "php",
  program: null,
  proofs: [],
  lists: [],
  lockfiles: [],
  frozen: null,
  loose: null,
  needsSource: [],
};

/** FrankenPHP where the image has it; PHP's own server, with some workers, where the machine's PHP has to do. */
const serve = (page: string, root: string, says: string): StartRule[] => [
  {
    all: [{ file: page }],
    output: "container",
    run: { line: `frankenphp php-server --listen :$PORT --root ${root}` },
    says: `FrankenPHP on ${says}`,
  },
  {
    all: [{ file: page }],
    output: "process",
    run: { line: `PHP_CLI_SERVER_WORKERS=4 php -S 0.0.0.0:$PORT -t ${root}` },
    says: `PHP's own server on ${says}`,
    note: "PHP's own server is not made for real traffic; with a container engine, FrankenPHP serves it.",
  },
];

export const php: ServicePreset = {
  kind: "service",
  name: "php",
  title: "a PHP project",
  recognises: "a composer.json or an index.php (PHP)",
  proofs: [
    {
      priority: 150,
      all: [requires("laravel/framework"), { file: "artisan" }],
      says: "artisan and laravel/framework in composer.json",
    },
    {
      priority: 120,
      all: [{ file: "composer.json" }],
      any: [{ file: "public/index.php" }, { file: "index.php" }],
      says: "composer.json and {value}",
    },
    { priority: 40, any: [{ file: "index.php" }, { file: "public/index.php" }], says: "{value}" },
  ],
  images: {
    build: "dunglas/frankenphp:1-php{version}",
    run: "dunglas/frankenphp:1-php{version}",
    // The program may bind low ports by an attribute that containers without that right refuse to start it with.
    setup: [
      ["install-php-extensions", "@composer", "zip", "pdo_mysql", "pdo_pgsql"],
      { line: "setcap -r /usr/local/bin/frankenphp || true" },
    ],
  },
  versions: {
    of: "PHP",
    lines: ["8.5", "8.4", "8.3", "8.2"],
    usual: "8.4",
    isClosed: true,
    parts: [2, 2],
    pins: [
      { from: { text: ".php-version", matches: /^\s*(\d[\d.]*)\s*$/ }, as: "exactly", where: ".php-version" },
      {
        from: { text: "composer.json", matches: /"php"\s*:\s*"([^"\n]{1,100})"/ },
        as: "composer",
        where: "composer.json",
      },
    ],
  },
  programs: ["php"],
  managers: [composer, nothing],
  starts: [
    ...serve("public/index.php", "public", "the folder public"),
    ...serve("index.php", ".", "the project's folder"),
  ],
  hint: "add a public/index.php",
  env: { XDG_CONFIG_HOME: "/tmp", XDG_DATA_HOME: "/tmp" },
  buildEnv: { COMPOSER_ALLOW_SUPERUSER: "1" },
  caches: { COMPOSER_CACHE_DIR: "{cache}/composer" },
  tools: ["vendor/bin", "node_modules/.bin"],
};
