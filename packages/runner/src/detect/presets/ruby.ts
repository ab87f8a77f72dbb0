import type { Fact } from "../fact.ts";
import type { ServicePreset } from "../preset.ts";

const gem = (name: string): Fact => ({
  text: "Gemfile",
  matches: new RegExp(`^[ \\t]*gem[ \\t(]+["'](${name})["']`, "m"),
});

const RAILS: Fact[] = [gem("rails"), { file: "config/application.rb" }];

export const ruby: ServicePreset = {
  kind: "service",
  name: "ruby",
  title: "a Ruby project",
  recognises: "a Gemfile (Ruby)",
  proofs: [
    { priority: 150, all: RAILS, says: "Rails in the Gemfile" },
    { priority: 120, all: [{ file: "Gemfile" }, { file: "config.ru" }], says: "a Gemfile and config.ru" },
    { priority: 60, all: [{ file: "Gemfile" }], says: "a Gemfile" },
  ],
  // Gems are linked to the libraries of the image that they are installed in, so both stages start from the same one.
  images: { build: "ruby:{version}", run: "ruby:{version}" },
  versions: {
    of: "Ruby",
    lines: ["3.4", "3.3", "3.2"],
    usual: "3.4",
    parts: [1, 3],
    pins: [
      {
        from: { text: ".ruby-version", matches: /^\s*(?:ruby-)?(\d[\d.]*)\s*$/ },
        as: "exactly",
        where: ".ruby-version",
      },
      {
        from: { text: "Gemfile", matches: /^[ \t]*ruby[ \t(]+["']([^"'\n]{1,60})["']/m },
        as: "ruby",
        where: "the Gemfile",
      },
    ],
  },
  programs: ["ruby", "bundle"],
  managers: [
    {
      name: "bundler",
      program: "bundle",
      proofs: [],
      lists: ["Gemfile"],
      lockfiles: ["Gemfile.lock"],
      settings: [],
      // Written to .bundle/config in the project, so that the service finds its gems wherever the project lies.
      prepare: [
        ["bundle", "config", "set", "--local", "path", "vendor/bundle"],
        ["bundle", "config", "set", "--local", "without", "development:test"],
      ],
      frozen: ["bundle", "install", "--jobs", "4"],
      loose: ["bundle", "install", "--jobs", "4"],
      needsSource: [{ text: "Gemfile", matches: /\bpath[ \t]*(?::|=>)|^[ \t]*(?:gemspec|eval_gemfile)\b|\bfile:/m }],
      build: [
        {
          all: [...RAILS, { either: [gem("sprockets-rails"), gem("propshaft")] }],
          run: ["bundle", "exec", "rails", "assets:precompile"],
        },
      ],
    },
  ],
  starts: [
    {
      all: RAILS,
      run: { line: "exec bundle exec rails server --binding 0.0.0.0 --port $PORT" },
      says: "the server of Rails",
      note: "Rails needs a variable SECRET_KEY_BASE (or RAILS_MASTER_KEY).",
    },
    {
      all: [gem("puma"), { file: "config.ru" }],
      run: { line: "exec bundle exec puma --bind tcp://0.0.0.0:$PORT config.ru" },
      says: "puma on config.ru",
    },
    {
      all: [{ file: "config.ru" }],
      run: { line: "exec bundle exec rackup --host 0.0.0.0 --port $PORT config.ru" },
      says: "rackup on config.ru",
    },
    {
      entry: { files: ["app.rb", "main.rb", "server.rb"] },
      run: ["bundle", "exec", "ruby", "{path}"],
      says: "the file {path}",
    },
  ],
  hint: "add a config.ru",
  env: { RACK_ENV: "production", RAILS_ENV: "production", RAILS_LOG_TO_STDOUT: "1", RAILS_SERVE_STATIC_FILES: "1" },
  buildEnv: { RAILS_ENV: "production", SECRET_KEY_BASE_DUMMY: "1" },
  caches: { BUNDLE_USER_CACHE: "{cache}/bundle" },
  tools: ["bin", "node_modules/.bin"],
};
