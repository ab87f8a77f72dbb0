import { expect, test } from "bun:test";
import { failureOf, testPresets } from "../../../test/preset-table.ts";
import { project } from "../../../test/project.ts";

const texts = (given: Record<string, string>, files: string[] = []) => project(files, undefined, null, given);
const composer = "composer install --no-dev --no-interaction --no-progress --optimize-autoloader";
const extensions = "install-php-extensions @composer zip pdo_mysql pdo_pgsql";
const setcap = "setcap -r /usr/local/bin/frankenphp || true";
const franken = (php: string): [string, string] => [`dunglas/frankenphp:1-php${php}`, `dunglas/frankenphp:1-php${php}`];
const bundle = [
  "bundle config set --local path vendor/bundle",
  "bundle config set --local without development:test",
  "bundle install --jobs 4",
];

testPresets([
  {
    name: "Laravel in a container, beside the package.json of its pages",
    project: project(
      ["artisan", "public/index.php"],
      { scripts: { build: "vite build" }, devDependencies: { vite: "7" } },
      null,
      {
        "composer.json": '{"require": {"php": "^8.2", "laravel/framework": "^11.0"}}',
      },
    ),
    plan: {
      preset: "php",
      images: franken("8.4"),
      steps: [extensions, setcap, composer],
      installFrom: null,
      start: "exec frankenphp php-server --listen :$PORT --root public",
    },
    says: /^Found artisan and laravel\/framework in composer\.json/,
    notes: [/^composer\.json asks for PHP \^8\.2, so images of 8\.4 are used\.$/, /^Not taken, because a PHP project/],
  },
  {
    name: "the same as a process",
    project: texts({ "composer.json": '{"require": {"php": "8.1.*|~8.2.0"}}' }, ["public/index.php"]),
    wishes: { output: "process" },
    plan: { start: "PHP_CLI_SERVER_WORKERS=4 exec php -S 0.0.0.0:$PORT -t public" },
    notes: [/as a process it runs with/, /PHP's own server is not made for real traffic/],
  },
  {
    name: "PHP of an older line",
    project: texts({ "composer.json": '{"require": {"php": "8.1.*|~8.2.0"}}' }, ["index.php"]),
    plan: { images: franken("8.2"), start: "exec frankenphp php-server --listen :$PORT --root ." },
  },
  {
    name: "PHP that no image is of",
    project: texts({ "composer.json": '{"require": {"php": "^5.6"}}' }, ["index.php"]),
    plan: { images: franken("8.4") },
    notes: [/asks for PHP \^5\.6, which no preset has an image of, so 8\.4 is used; a Dockerfile can name any image/],
  },
  {
    name: "one page of PHP",
    project: project(["index.php"]),
    plan: { preset: "php", steps: [extensions, setcap] },
    says: /^Found index\.php, so this is a PHP project: nothing has to be built/,
  },
  {
    name: "Rails",
    project: texts(
      { Gemfile: "source 'https://rubygems.org'\nruby '~> 3.2.1'\ngem 'rails', '~> 7.1'\ngem \"propshaft\"\n" },
      ["Gemfile.lock", "config/application.rb", "config.ru"],
    ),
    plan: {
      preset: "ruby",
      images: ["ruby:3.2", "ruby:3.2"],
      steps: [...bundle, "bundle exec rails assets:precompile"],
      installFrom: ["Gemfile", "Gemfile.lock"],
      start: "exec bundle exec rails server --binding 0.0.0.0 --port $PORT",
    },
    says: /^Found Rails in the Gemfile/,
    notes: [/the Gemfile asks for Ruby ~> 3\.2\.1, so images of 3\.2 are used/, /SECRET_KEY_BASE/],
  },
  {
    name: "Rack with puma",
    project: texts({ Gemfile: "gem 'puma'\n", ".ruby-version": "ruby-3.3.0\n" }, ["config.ru"]),
    plan: { images: ["ruby:3.3.0", "ruby:3.3.0"], start: "exec bundle exec puma --bind tcp://0.0.0.0:$PORT config.ru" },
  },
  {
    name: "Rack without",
    project: texts({ Gemfile: "gem 'rackup'\n" }, ["config.ru"]),
    plan: { start: "exec bundle exec rackup --host 0.0.0.0 --port $PORT config.ru" },
  },
  {
    name: "a Ruby program with a gem of its own",
    project: texts({ Gemfile: "gem 'sinatra'\ngem 'shop', path: 'lib/shop'\n" }, ["app.rb"]),
    plan: { installFrom: null, start: "bundle exec ruby app.rb" },
  },
  {
    name: "Deno with a task",
    project: texts({ "deno.json": '{ "tasks": { "build": "x", "start": "deno run -A main.ts" } }' }, [
      "deno.lock",
      "main.ts",
    ]),
    plan: {
      preset: "deno",
      images: ["denoland/deno:2.5.2", "denoland/deno:2.5.2"],
      steps: ["deno install --frozen", "deno task build"],
      installFrom: ["deno.json", "deno.lock"],
      start: "deno task start",
    },
    says: /^Found deno\.lock, so this is a Deno project/,
  },
  {
    name: "Deno with a file and a version",
    project: texts({ "deno.jsonc": "{ // nothing\n}", ".dvmrc": "2.1.4" }, ["server.ts"]),
    plan: {
      images: ["denoland/deno:2.1.4", "denoland/deno:2.1.4"],
      steps: ["deno install"],
      start: "deno run --allow-all server.ts",
    },
  },
  {
    name: "a version of Deno that is no tag",
    project: texts({ "deno.json": "{}", ".dvmrc": "2" }, ["main.ts"]),
    plan: { images: ["denoland/deno:2.5.2", "denoland/deno:2.5.2"] },
  },
  {
    name: "Deno comes before its package.json",
    project: project(["deno.json", "main.ts"], { scripts: { start: "node x" } }),
    plan: { preset: "deno" },
  },
  {
    name: "Node of the version that .nvmrc names",
    project: project([], { scripts: { start: "node x" } }, null, { ".nvmrc": "v20.11.1\n" }),
    plan: { images: ["node:20.11.1-slim", "node:20.11.1-slim"] },
  },
  {
    name: "Node of a line that engines allows",
    project: project([], { scripts: { start: "node x" }, engines: { node: ">=18 <21" } }),
    plan: { images: ["node:20-slim", "node:20-slim"] },
  },
  {
    name: "Bun of the version that packageManager names",
    project: project([], { scripts: { start: "bun x" }, packageManager: "bun@1.2.3+sha224.abc" }),
    plan: { images: ["oven/bun:1.2.3", "oven/bun:1.2.3"] },
  },
  {
    name: "a start command leaves the Procfile out, and says so",
    project: project([], { scripts: { start: "node x" } }, "node web.js"),
    wishes: { startCommand: "node worker.js" },
    plan: { start: "exec node worker.js" },
    notes: ["Not taken, because the service has a start command: the web line of the Procfile."],
  },
]);

const missing: [string, Parameters<typeof failureOf>[0], RegExp][] = [
  ["PHP without a page", texts({ "composer.json": "{}" }), /add a public\/index\.php/],
  ["Ruby without a config.ru", texts({ Gemfile: "gem 'rake'" }), /add a config\.ru/],
  ["Deno without a task or file", texts({ "deno.json": "{}" }), /add "tasks"/],
];
for (const [name, found, says] of missing) {
  test(`${name} is told what to add`, () => {
    const reason = failureOf(found);
    expect(reason.code).toBe("start_command_missing");
    expect(reason.message).toMatch(says);
  });
}
